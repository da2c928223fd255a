import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { projectOf } from './support/projects.js';

const files = (readdirSync(import.meta.dirname, { recursive: true }) as string[]).filter((name) =>
  name.endsWith('.ts'),
);

test('what a test file imports, itself or through others, says where it runs', () => {
  expect(projectOf('test/net/cidr.test.ts')).toBe('unit');
  expect(projectOf('test/proxy/ingress/traffic.test.ts')).toBe('unit');
  expect(projectOf('test/resources/networks/routes.test.ts')).toBe('api');
  expect(projectOf('test/scenarios/failover.test.ts')).toBe('api');
  expect(projectOf('test/scenarios/restart.test.ts')).toBe('system');
  expect(projectOf('test/index.test.ts')).toBe('system');
});

test('the program is started through test/support/program.ts alone', () => {
  const others = files.filter(
    (name) =>
      name !== 'support/program.ts' &&
      name !== 'projects.test.ts' &&
      /dist\/main\.js|'main\.js'/.test(readFileSync(path.join(import.meta.dirname, name), 'utf8')),
  );
  expect(others).toEqual([]);
});

// Vitest loads them once for all files of a worker: their hooks would be those of the first file alone.
test('no module that tests share has hooks of its own', () => {
  const hooked = files.filter(
    (name) =>
      !name.endsWith('.test.ts') &&
      name !== 'support/judged-answers.ts' &&
      /^(before|after)(All|Each)\(/m.test(readFileSync(path.join(import.meta.dirname, name), 'utf8')),
  );
  expect(hooked).toEqual([]);
});
