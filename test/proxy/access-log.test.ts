import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createAccessLog } from '../../src/proxy/telemetry/access-log.js';
import { requestReport } from '../support/request-reports.js';
import { eventually } from '../support/waiting.js';

const QUIET = { error: () => undefined, info: () => undefined };

function directory(): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'offramp-access-log-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A file is opened in the background. */
const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const raysIn = (file: string): string[] =>
  textOf(file)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).ray);
const rays = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `ray-${from + i}`);

test('a line is written for each request, soon and in order', async () => {
  const file = path.join(directory(), 'access.log');
  const log = createAccessLog(file, QUIET);
  for (const ray of rays(0, 500)) log.add(requestReport({ ray }));
  await eventually(() => textOf(file).endsWith('\n') && raysIn(file).length === 500);
  log.add(requestReport({ ray: 'one more', path: '/"\n', error: 'refused', status: 521 }));
  await eventually(() => raysIn(file).length === 501);
  expect(raysIn(file)).toEqual([...rays(0, 500), 'one more']);
  expect(JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1)!)).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    ray: 'one more',
    client_ip: '192.0.2.1',
    method: 'GET',
    host: 'app.example.com',
    path: '/"\n',
    status: 521,
    response_bytes: 2,
    duration_ms: 1,
    first_byte_ms: 0.5,
    load_balancer: 'app.example.com',
    published_hostname: null,
    pool: 'blue',
    origin: 'one',
    address: '192.0.2.9',
    off_ramp: 'direct',
    tunnel_id: null,
    reason: 'refused',
    detail: null,
    failed_attempts: [],
  });
  expect(statSync(file).mode & 0o037).toBe(0);
  expect(log.counts).toEqual({ written: 501, dropped: 0 });
  await log.close(10_000);
});

test('what waits is written at the end', async () => {
  const file = path.join(directory(), 'access.log');
  const log = createAccessLog(file, QUIET);
  for (const ray of rays(0, 3_000)) log.add(requestReport({ ray }));
  await log.close(60_000);
  expect(raysIn(file)).toEqual(rays(0, 3_000));
  log.add(requestReport({ ray: 'too late' }));
});

test('a file that was moved is left behind without losing a line', async () => {
  const file = path.join(directory(), 'access.log');
  const log = createAccessLog(file, QUIET);
  let next = 0;
  for (let turn = 1; turn <= 3; turn += 1) {
    for (const ray of rays(next, next + 400)) log.add(requestReport({ ray }));
    next += 400;
    await eventually(() => statSync(file, { throwIfNoEntry: false }) !== undefined);
    renameSync(file, `${file}.${turn}`);
    log.reopen();
    await eventually(() => statSync(file, { throwIfNoEntry: false }) !== undefined);
  }
  for (const ray of rays(next, next + 400)) log.add(requestReport({ ray }));
  await log.close(60_000);
  const all = [1, 2, 3].map((turn) => `${file}.${turn}`).concat(file);
  await eventually(() => all.flatMap(raysIn).length === next + 400);
  expect(all.flatMap(raysIn)).toEqual(rays(0, next + 400));
});

test('a file that cannot be opened anew leaves the old one in use', async () => {
  const folder = directory();
  const file = path.join(folder, 'below', 'access.log');
  execFileSync('mkdir', [path.dirname(file)]);
  const told: string[] = [];
  const log = createAccessLog(file, {
    ...QUIET,
    error: (_: object, text: string) => void told.push(text),
  } as never);
  log.add(requestReport({ ray: 'before' }));
  await eventually(() => raysIn(file).length === 1);
  renameSync(path.dirname(file), path.join(folder, 'moved'));
  log.reopen();
  await eventually(() => told.length === 1);
  log.add(requestReport({ ray: 'after' }));
  await log.close(60_000);
  expect(raysIn(path.join(folder, 'moved', 'access.log'))).toEqual(['before', 'after']);
});

test('a reader that is slow costs lines, which are counted, and no memory', async () => {
  const pipe = path.join(directory(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = createReadStream(pipe, { highWaterMark: 1_024 });
  const log = createAccessLog(pipe, QUIET, { maxWaitingBytes: 32 * 1_024 });
  await once(reader, 'open');
  for (const ray of rays(0, 5_000)) log.add(requestReport({ ray }));
  const { written, dropped } = log.counts;
  expect(written + dropped).toBe(5_000);
  expect(dropped).toBeGreaterThan(4_000);
  let text = '';
  reader.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const ended = once(reader, 'end');
  await log.close(60_000);
  await ended;
  expect(text.split('\n').filter((line) => line !== '')).toHaveLength(written);
});
