// The software graphics adapter of tests: SwiftShader, which comes with Chromium. Where the loader of its
// driver lies must be known before a process starts.

import { existsSync } from 'node:fs';
import path from 'node:path';

const FOLDERS = ['/usr/lib/chromium', 'test/e2e/.vscode-e2e/chromium'];
const DRIVER = 'vk_swiftshader_icd.json';

/** What a process needs in its environment to find the adapter; nothing where there is none. */
export function softwareAdapter(): Readonly<Record<string, string>> {
  const folder = FOLDERS.map((each) => path.resolve(each)).find((each) => existsSync(path.join(each, DRIVER)));
  return folder === undefined ? {} : { VK_DRIVER_FILES: path.join(folder, DRIVER), LD_LIBRARY_PATH: folder };
}

export const hasSoftwareAdapter = (): boolean => 'VK_DRIVER_FILES' in softwareAdapter();
