import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Deviation {
  readonly id: string;
  readonly operation: string;
  readonly cloudflare: string;
  readonly offramp: string;
  readonly reason: string;
  /** `file: name of the test`, or only the file when all of it is meant. */
  readonly test: string;
}

const deviations = parse(readFileSync(path.join(ROOT, 'openapi/deviations.yaml'), 'utf8')) as Deviation[];

test('every known difference says all there is to say, under its own id', () => {
  const incomplete = deviations.filter((row) =>
    [row.id, row.operation, row.cloudflare, row.offramp, row.reason, row.test].some((text) => !text),
  );
  expect(incomplete).toEqual([]);
  expect(new Set(deviations.map(({ id }) => id)).size).toBe(deviations.length);
});

test.each(deviations.map((row) => [row.id, row.test]))(
  '%s is pinned by a test that exists',
  (_id, pinned) => {
    const [, file, name] = /^([^:]+)(?:: (.*))?$/.exec(pinned)!;
    expect(existsSync(path.join(ROOT, file!))).toBe(true);
    if (name) expect(readFileSync(path.join(ROOT, file!), 'utf8')).toContain(name);
  },
);
