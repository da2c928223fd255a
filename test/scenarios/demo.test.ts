import { expect, test } from 'vitest';
import { runProgram } from '../support/program.js';

test('the demo tells the main job, sees it happen and ends with 0', async () => {
  const { code, out } = await runProgram(['demo', '--once']);
  expect(out).toMatch(/curl --request PATCH/);
  expect(out).toMatch(/the very next request: green answered/);
  expect(out).toMatch(/failover after [\d.]+ s: standby answered/);
  expect(out).toMatch(/recovery after [\d.]+ s: green answered/);
  expect(code).toBe(0);
});
