import { afterEach, expect } from 'vitest';
import { takeUnfaithful } from './faithful.js';

// Vitest runs this file before every test file, also where those share their modules.
afterEach(() => {
  expect(takeUnfaithful(), "answers that are faults, or not what Cloudflare's description says").toEqual([]);
});
