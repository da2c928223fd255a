import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ignoredBy, instructionsOf } from '../../scripts/dockerfile.mjs';
import { START_FLAGS } from '../../src/config/flags.js';
import { variableOf } from '../../src/config/parse.js';

// What `npm run dockerfile` would find out in two minutes, as far as it can be read.

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const steps = instructionsOf(read('Dockerfile'));
const of = (word: string) => steps.filter((step) => step.word === word);
const final = steps.slice(steps.findLastIndex(({ word }) => word === 'FROM'));

interface Compose {
  readonly services: Record<string, { image?: string; environment?: Record<string, string> }>;
}
const { services } = parse(read('docker-compose.yml')) as Compose;

test('every image has an exact version', () => {
  const images = [
    ...of('FROM').map(({ rest }) => rest.split(' ')[0]!),
    ...Object.values(services).flatMap(({ image }) => image ?? []),
  ];
  expect(images.length).toBeGreaterThan(5);
  for (const image of images) expect(image).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)*$/);
});

test('what is copied is there, and packages are installed before the sources come', () => {
  const ignored = ignoredBy(read('.dockerignore'));
  const sources = of('COPY')
    .filter(({ flags }) => flags.from === undefined)
    .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
  expect(sources).toContain('src');
  expect(sources.filter((source) => ignored(source) || !existsSync(path.join(ROOT, source)))).toEqual([]);
  const at = (pattern: RegExp) => steps.findIndex(({ rest }) => pattern.test(rest));
  expect(at(/^npm ci --ignore-scripts$/)).toBeLessThan(at(/^src /));
});

test('whatever package.json packs is copied for it', () => {
  const copied = of('COPY').flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  const needed = files.map((file) => file.split('/')[0]).filter((name) => name !== 'dist');
  expect(needed.filter((name) => !copied.includes(name!))).toEqual([]);
});

test('the image is that of a user without privileges, who serves others with the token of its volume', () => {
  const last = (word: string) => final.findLast((step) => step.word === word);
  expect(last('USER')?.rest).toBe('node');
  expect(last('ENV')?.rest).toContain('OFFRAMP_HOST=0.0.0.0');
  expect(last('ENV')?.rest).toContain(`OFFRAMP_DATA_DIR=${last('VOLUME')?.rest}`);
  expect(last('HEALTHCHECK')?.json?.at(-1)).toContain('/_offramp/ready');
  expect(services.offramp).toMatchObject({ read_only: true, cap_drop: ['ALL'], stop_grace_period: '30s' });
});

test('variables of Offramp in the compose file are those that there are', () => {
  const known = Object.keys(START_FLAGS).map(variableOf);
  const set = Object.keys(services.offramp!.environment!).filter((name) => name.startsWith('OFFRAMP_'));
  expect(set).toContain('OFFRAMP_STAND_IN');
  expect(set.filter((name) => !known.includes(name))).toEqual([]);
});
