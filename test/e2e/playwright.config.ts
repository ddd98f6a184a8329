// End-to-end tests in a real VS Code, on the packaged extension.
import { defineConfig } from '@playwright/test';
import { chromiumOptions } from './chromium';

export default defineConfig({
  testDir: '.',
  testMatch: '*.e2e.ts',
  globalSetup: './setup.ts',
  outputDir: '../../test-results/e2e',
  // Long enough for a machine that is busy with ten times the work it has cores for.
  timeout: 180_000,
  expect: { timeout: 30_000, toPass: { timeout: 30_000 } },
  // Each test has a server, an extension host, a browser and a trainer of its own, and waits for one of them at a time.
  workers: 2,
  fullyParallel: true,
  retries: 0,
  reporter: [['list'], ['json', { outputFile: '../../test-results/e2e.json' }]],
  use: {
    viewport: { width: 1440, height: 900 },
    actionTimeout: 30_000,
    screenshot: 'only-on-failure',
    launchOptions: chromiumOptions(),
  },
});
