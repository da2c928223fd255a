import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { loadEdgeIdentity } from '../../src/app/edge-identity.js';
import type { Leaf } from '../../src/tunnel/edge/authority.js';
import { collectLog } from '../edge/collect-log.js';
import { createFakeClock, type FakeClock } from '../support/fake-clock.js';
import { eventually } from '../support/waiting.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const MADE_AT = Date.UTC(2026, 0, 1);
const after = (days: number) => createFakeClock(MADE_AT + days * DAY_MS);

async function dataDir(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-identity-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function load(directory: string | null, clock: FakeClock = after(0), log = pino({ level: 'silent' })) {
  const identity = await loadEdgeIdentity(directory, { clock, real: clock, log });
  onTestFinished(() => identity.release());
  return identity;
}

const storedLeaf = async (directory: string): Promise<Leaf> => ({
  certificate: await readFile(path.join(directory, 'edge/edge.pem'), 'utf8'),
  key: await readFile(path.join(directory, 'edge/edge-key.pem'), 'utf8'),
});
const leafOf = ({ certificate, key }: Leaf): Leaf => ({ certificate, key });

test('the key of session cookies stays with the data directory, and is no other one', async () => {
  const directory = await dataDir();
  const [first, again, other] = [await load(directory), await load(directory), await load(await dataDir())];
  expect(first.sessionKey).toHaveLength(32);
  expect(again.sessionKey).toEqual(first.sessionKey);
  expect(other.sessionKey).not.toEqual(first.sessionKey);
});

test('a certificate in its last 30 days is renewed while the program runs, told once and kept for the next start', async () => {
  const directory = await dataDir();
  const clock = after(0);
  const identity = await load(directory, clock);
  const first = leafOf(identity.authority());
  const told: Leaf[] = [];
  identity.onRenewed((leaf) => told.push(leaf));
  clock.advance(334 * DAY_MS);
  expect(await storedLeaf(directory)).toEqual(first);
  expect(told).toEqual([]);

  clock.advance(2 * DAY_MS);
  await eventually(async () => (await storedLeaf(directory)).key !== first.key);
  const second = leafOf(identity.authority());
  expect(told).toEqual([second]);
  expect(new Date(new X509Certificate(second.certificate).validTo).getTime()).toBe(
    MADE_AT + (335 + 365) * DAY_MS,
  );
  await eventually(async () => (await storedLeaf(directory)).key === second.key);
  expect(leafOf((await load(directory, after(337))).authority())).toEqual(second);

  clock.advance(336 * DAY_MS);
  await eventually(() => told.length === 2);
});

test('a certificate that cannot be kept is in use all the same', async () => {
  const directory = await dataDir();
  const clock = after(0);
  const { log, lines } = collectLog();
  const identity = await load(directory, clock, log);
  const told: Leaf[] = [];
  identity.onRenewed((leaf) => told.push(leaf));
  // In the place of the file that would be written first.
  await mkdir(path.join(directory, 'edge/ca.pem.new'));
  clock.advance(336 * DAY_MS);
  await eventually(() => lines.some((line) => line.includes('could not be kept')));
  expect(told).toEqual([leafOf(identity.authority())]);
});

test('what only this run has is renewed as well, and goes with it', async () => {
  const clock = after(0);
  const identity = await load(null, clock);
  const told: Leaf[] = [];
  identity.onRenewed((leaf) => told.push(leaf));
  clock.advance(336 * DAY_MS);
  await eventually(() => told.length === 1);
  await identity.release();
  await expect(readFile(identity.caFile)).rejects.toThrow('ENOENT');
  expect(clock.pending).toBe(0);
});

test('the CA gets another certificate with its key two years before the end, and the log says who needs it', async () => {
  const directory = await dataDir();
  const old = (await load(directory)).authority();
  const { log, lines } = collectLog();
  const identity = await load(directory, after(8 * 365 + 1), log);
  const renewed = identity.authority();
  expect(renewed.caKey).toBe(old.caKey);
  expect(await readFile(identity.caFile, 'utf8')).toBe(renewed.caCertificate);
  const [oldCa, newCa] = [old, renewed].map(({ caCertificate }) => new X509Certificate(caCertificate));
  expect(Date.parse(newCa!.validTo) - Date.parse(oldCa!.validTo)).toBe((8 * 365 + 1) * DAY_MS);
  // Whichever of the two a connector trusts, it accepts the leaves of both.
  for (const leaf of [old, renewed].map(({ certificate }) => new X509Certificate(certificate))) {
    for (const ca of [oldCa!, newCa!])
      expect([leaf.checkIssued(ca), leaf.verify(ca.publicKey)]).toEqual([true, true]);
  }
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ level: 40, caFile: identity.caFile, until: oldCa!.validTo }),
  );
  expect((await load(directory, after(8 * 365 + 2))).authority()).toEqual(renewed);
});

async function stored(change: (file: (name: string) => string) => Promise<unknown>): Promise<string> {
  const directory = await dataDir();
  await (await load(directory)).release();
  await change((name) => path.join(directory, 'edge', name));
  return directory;
}

test.each<[string, string, (file: (name: string) => string) => Promise<unknown>]>([
  [
    'whose certificate is nonsense',
    'ca.pem holds no certificate in PEM',
    (file) => writeFile(file('ca.pem'), 'x'),
  ],
  [
    'whose certificate is empty',
    'ca.pem holds no certificate in PEM',
    (file) => writeFile(file('ca.pem'), ''),
  ],
  [
    'whose key is cut off',
    'ca-key.pem holds no private key in PEM',
    async (file) => writeFile(file('ca-key.pem'), (await readFile(file('ca-key.pem'), 'utf8')).slice(0, 60)),
  ],
  ['without its key', 'ca-key.pem is missing', (file) => rm(file('ca-key.pem'))],
  [
    'with the key of another one',
    'ca-key.pem is not the key of ca.pem',
    async (file) => writeFile(file('ca-key.pem'), (await load(await dataDir())).authority().caKey),
  ],
])('a CA %s is told with the way out, and not replaced', async (_what, message, change) => {
  const directory = await stored(change);
  const edge = path.join(directory, 'edge');
  const before = await Promise.all(
    (await readdir(edge)).map((name) => readFile(path.join(edge, name), 'utf8')),
  );
  await expect(load(directory)).rejects.toThrow(
    `the CA of the edge is damaged: ${edge}/${message}. Put ca.pem and ca-key.pem back from a backup; or remove ${edge} for a new CA`,
  );
  expect(
    await Promise.all((await readdir(edge)).map((name) => readFile(path.join(edge, name), 'utf8'))),
  ).toEqual(before);
});

test('a first start that was interrupted after the key of its CA is finished with that key', async () => {
  let caKey = '';
  const directory = await stored(async (file) => {
    caKey = await readFile(file('ca-key.pem'), 'utf8');
    await rm(file('ca.pem'));
  });
  const { caFile, authority } = await load(directory);
  expect(authority().caKey).toBe(caKey);
  expect(await readFile(caFile, 'utf8')).toBe(authority().caCertificate);
});

test('the certificate of the CA is written for everybody where it is asked for, and again when it is renewed', async () => {
  const directory = await dataDir();
  const caOut = path.join(await dataDir(), 'ca.pem');
  const log = pino({ level: 'silent' });
  const open = (clock: FakeClock) => loadEdgeIdentity(directory, { clock, real: clock, log, caOut });
  await chmod(path.dirname(caOut), 0o777);
  await (await open(after(0))).release();
  expect(((await stat(caOut)).mode & 0o777).toString(8)).toBe('644');
  const clock = after(8 * 365 - 1);
  const identity = await open(clock);
  onTestFinished(() => identity.release());
  const first = await readFile(caOut, 'utf8');
  expect(first).toBe(identity.authority().caCertificate);
  clock.advance(2 * DAY_MS);
  await eventually(async () => (await readFile(caOut, 'utf8')) !== first);
  expect(await readFile(caOut, 'utf8')).toBe(identity.authority().caCertificate);
  expect(await readdir(path.dirname(caOut))).toEqual(['ca.pem']);
});

test('a place where the certificate cannot be written is told', async () => {
  const caOut = path.join(await dataDir(), 'missing', 'ca.pem');
  const options = { clock: after(0), log: pino({ level: 'silent' }), caOut };
  await expect(loadEdgeIdentity(null, options)).rejects.toThrow(
    new RegExp(`--edge-ca-out "${caOut}" cannot be written .*a file in a directory that is there`),
  );
  expect(options.clock.pending).toBe(0);
});

test('the certificate is not written into the data directory, whichever way leads there', async () => {
  const directory = await dataDir();
  const { authority } = await load(directory);
  const link = path.join(await dataDir(), 'link');
  await symlink(path.join(directory, 'edge'), link);
  for (const caOut of [path.join(link, 'ca-key.pem'), path.join(directory, 'ca.pem')]) {
    const options = { clock: after(0), log: pino({ level: 'silent' }), caOut };
    await expect(loadEdgeIdentity(directory, options)).rejects.toThrow(
      /--edge-ca-out ".*" leads into .*; it takes a file outside of the data directory/,
    );
  }
  expect(await readFile(path.join(directory, 'edge/ca-key.pem'), 'utf8')).toBe(authority().caKey);
});

test('what is no regular file is not replaced by the certificate; a link to one is', async () => {
  const [directory, outside] = [await dataDir(), await dataDir()];
  const write = async (caOut: string) => {
    const identity = await loadEdgeIdentity(directory, {
      clock: after(0),
      log: pino({ level: 'silent' }),
      caOut,
    });
    await identity.release();
  };
  const [socket, folder, link, file] = ['socket', 'folder', 'link', 'file'].map((name) =>
    path.join(outside, name),
  ) as [string, string, string, string];
  const server = net.createServer().listen(socket);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  await mkdir(folder);
  await symlink(socket, path.join(outside, 'to-socket'));
  for (const caOut of [socket, folder, path.join(outside, 'to-socket')])
    await expect(write(caOut)).rejects.toThrow(`--edge-ca-out "${caOut}" is there, and is no regular file`);
  expect((await stat(socket)).isSocket()).toBe(true);
  await writeFile(file, 'kept');
  await symlink(file, link);
  await write(link);
  expect(await readFile(link, 'utf8')).toContain('BEGIN CERTIFICATE');
  expect(await readFile(file, 'utf8')).toBe('kept');
});

test('a key is not written through a link that somebody has put in its way', async () => {
  const directory = await dataDir();
  const target = path.join(await dataDir(), 'target');
  await writeFile(target, 'mine');
  await mkdir(path.join(directory, 'edge'));
  await symlink(target, path.join(directory, 'edge/ca-key.pem.new'));
  const { authority } = await load(directory);
  expect(await readFile(target, 'utf8')).toBe('mine');
  expect(await readFile(path.join(directory, 'edge/ca-key.pem'), 'utf8')).toBe(authority().caKey);
});
