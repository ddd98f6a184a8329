import { defineConfig } from 'vitest/config';
import { softwareAdapter } from './test/softwareAdapter';

// Native engines hold threads and memory of their own, so every test file gets a process. Each inherits this
// one's environment, in which WebGPU finds its adapter.
Object.assign(process.env, softwareAdapter());

// `--mode fuzz` asks for as many cases of every fuzzed property as a release has to survive.
export default defineConfig(({ mode }) => ({
  test: {
    env: mode === 'fuzz' ? { FATHOM_FUZZ_RUNS: '10000' } : {},
    include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Generous: a loaded machine is slow, and a test that waits for nothing ends by itself.
    testTimeout: mode === 'fuzz' ? 1_200_000 : 120_000,
    hookTimeout: 60_000,
  },
}));
