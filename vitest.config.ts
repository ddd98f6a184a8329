import { defineConfig } from 'vitest/config';

// Native engines hold threads and memory of their own, so every test file gets a process.
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Generous: a loaded machine is slow, and a test that waits for nothing ends by itself.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
