import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const text = readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8');

/** The files of a numbered list below a heading. */
function stopsOf(heading: string): string[] {
  const section = text.split(`### ${heading}\n`)[1]!.split(/\n#/)[0]!;
  return [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) => file!);
}

const imports = (file: string) =>
  [...readFileSync(path.join(ROOT, 'src', file), 'utf8').matchAll(/from '(\.[^']+)\.js'/g)].map(([, to]) =>
    path.join(path.dirname(file), `${to!}.ts`),
  );

/** Whoever changes the code reads them: more stops than so many are more than one keeps in mind. */
test.each([
  ['The stops of a request', 20],
  ['The stops of a registration and a dial', 15],
  ['The stops of a probe', 12],
])('%s: at most %d files, which are there, and each knows another one of them', (heading, most) => {
  const stops = stopsOf(heading);
  expect(stops.length).toBeGreaterThan(5);
  expect(stops.length).toBeLessThanOrEqual(most);
  expect(new Set(stops).size).toBe(stops.length);
  expect(stops.filter((file) => !existsSync(path.join(ROOT, 'src', file)))).toEqual([]);
  const known = new Map(stops.map((file) => [file, imports(file)]));
  const alone = stops.filter(
    (file) => !stops.some((other) => known.get(file)!.includes(other) || known.get(other)!.includes(file)),
  );
  expect(alone).toEqual([]);
});
