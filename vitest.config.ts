import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Every scenario starts a whole Offramp with its own database, and then waits as much as it computes: with one more than two cores
    // can run, both are busy; with many more they would starve each other.
    maxWorkers: 3,
  },
});
