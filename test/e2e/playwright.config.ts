// End-to-end tests in a real VS Code, on the packaged extension.
import { defineConfig } from '@playwright/test';
import { chromiumOptions } from './chromium';

export default defineConfig({
  testDir: '.',
  testMatch: '*.e2e.ts',
  globalSetup: './setup.ts',
  outputDir: '../../test-results/e2e',
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // Each test is a server, an extension host, a browser and a trainer; two of them would starve each other.
  workers: 1,
  retries: 0,
  reporter: [['list'], ['json', { outputFile: '../../test-results/e2e.json' }]],
  use: {
    viewport: { width: 1440, height: 900 },
    actionTimeout: 20_000,
    screenshot: 'only-on-failure',
    launchOptions: chromiumOptions(),
  },
});
