// Tests of the dashboard page alone, in a real browser with a fake host: `npm run test:page`.

import { defineConfig } from '@playwright/test';
import { chromiumOptions } from '../e2e/chromium';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../test-results/page',
  timeout: 60_000,
  expect: { timeout: 20_000 },
  // Two, as a machine of two cores has them; where times are measured, one.
  workers: 2,
  fullyParallel: true,
  retries: 0,
  reporter: [['list'], ['json', { outputFile: '../../test-results/page.json' }]],
  use: { viewport: { width: 1280, height: 860 }, launchOptions: chromiumOptions() },
});
