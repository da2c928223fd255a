import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cleanEnvironment } from '../support/offramp.js';

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');

test('the demo tells the main job, sees it happen and ends with 0', { timeout: 120_000 }, async () => {
  const child = spawn(process.execPath, [MAIN, 'demo', '--once'], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'exit');
  expect(output).toMatch(/curl --request PATCH/);
  expect(output).toMatch(/the very next request: green answered/);
  expect(output).toMatch(/failover after [\d.]+ s: standby answered/);
  expect(output).toMatch(/recovery after [\d.]+ s: green answered/);
  expect(code).toBe(0);
});
