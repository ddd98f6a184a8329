// Which Chromium the tests drive, and how: the one unpacked from npm or the one that is named, never
// Playwright's own download.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { LaunchOptions } from '@playwright/test';
import { BUNDLED_CHROMIUM, namedChromium } from './places';

const ARGUMENTS = [
  '--no-sandbox',
  // WebGL in software: no graphics adapter is needed.
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // Everything else is drawn without a graphics adapter, made up or not: half the processor time.
  '--disable-gpu-rasterization',
  '--disable-gpu-compositing',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  // Only loopback resolves, so no test can come to depend on the internet.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export function chromiumOptions(): LaunchOptions {
  const named = namedChromium();
  if (named !== undefined) return { executablePath: named, args: ARGUMENTS };
  const bundled = path.join(BUNDLED_CHROMIUM, 'chromium');
  if (!existsSync(bundled)) throw new Error('There is no Chromium: npm run vscode:install');
  const inherited = Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return {
    executablePath: bundled,
    args: ARGUMENTS,
    env: {
      ...Object.fromEntries(inherited),
      LD_LIBRARY_PATH: path.join(BUNDLED_CHROMIUM, 'lib'),
      FONTCONFIG_FILE: path.join(BUNDLED_CHROMIUM, 'fonts.conf'),
    },
  };
}
