import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { seededRandom } from '../../src/net/random.js';
import { seedSchema } from '../../src/seed/schema.js';
import { randomSeed } from '../support/random-seed.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const schema = JSON.parse(JSON.stringify(seedSchema()));
const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const fits = ajv.compile(schema);

test('openapi/seed.schema.json is that of the code (npm run openapi writes it)', () => {
  expect(JSON.parse(readFileSync(path.join(ROOT, 'openapi/seed.schema.json'), 'utf8'))).toEqual(schema);
});

test('what can be made fits it, with names in the place of identifiers', () => {
  const document = readFileSync(path.join(ROOT, 'docs/seeds.md'), 'utf8');
  const documented = parse(/```yaml\n([\s\S]*?)```/.exec(document)![1]!);
  for (const seed of [documented, ...Array.from({ length: 20 }, (_, n) => randomSeed(seededRandom(`${n}`)))])
    expect(fits(seed) || fits.errors).toBe(true);
});

test('what is misspelt does not', () => {
  const origins = [{ name: 'a', address: '8.8.8.8' }];
  expect(fits({ pools: [{ name: 'a', origins }] })).toBe(true);
  for (const wrong of [
    { pool: [] },
    { pools: [{ name: 'a', orgins: [] }] },
    { pools: [{ name: 'a', origins: [{ name: 'a', address: '8.8.8.8', weight: 'much' }] }] },
    { accounts: [{ name: 'a', zones: [{ name: 'example.com', load_balancer: [] }] }] },
  ])
    expect(fits(wrong), JSON.stringify(wrong)).toBe(false);
});
