// Which Chromium the tests drive, and how: one of the machine or the one unpacked from npm, never
// Playwright's own download.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { LaunchOptions } from '@playwright/test';
import { BUNDLED_CHROMIUM, systemChromium } from './places';

const ARGUMENTS = [
  '--no-sandbox',
  // WebGL in software: no graphics adapter is needed.
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
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
  const system = systemChromium();
  if (system !== undefined) return { executablePath: system, args: ARGUMENTS };
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
