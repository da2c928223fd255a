import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { globalSetup: ['@offramp-ltm/offramp/testing'] },
});
