import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Every scenario starts a whole Offramp with its own database: more files at once only starve each other.
    maxWorkers: 2,
  },
});
