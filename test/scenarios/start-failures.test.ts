import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import semver from 'semver';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startOfframp } from '../support/offramp.js';
import { FREE_PORTS, MAIN, type ProgramOptions, runProgram } from '../support/program.js';

let root: string;
/** A data directory with a database that works. */
let good: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'offramp-failures-'));
  await chmod(root, 0o755);
  good = path.join(root, 'good');
  const offramp = await startOfframp(['--data-dir', good]);
  await offramp.stop();
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs the program to its end, which has to be a failure; answers what it says. */
async function failure(argv: readonly string[], options: ProgramOptions = {}) {
  const { code, out, err } = await runProgram(argv, options);
  expect(out).toBe('');
  expect(err).not.toMatch(/\n +at |node:internal|file:\/\//);
  return { code, err };
}

const startFails = (...flags: string[]) => failure(['start', ...FREE_PORTS, ...flags]);
const told = (code: number, pattern: RegExp) => ({ code, err: expect.stringMatching(pattern) });

test('a data directory that is a file, or below one, or not to be made is told', async () => {
  const file = path.join(root, 'file');
  await writeFile(file, '');
  expect(await startFails('--data-dir', file)).toEqual(
    told(1, /^offramp: --data-dir ".*file" is a file; it takes a directory\n$/),
  );
  expect(await startFails('--data-dir', path.join(file, 'below'))).toEqual(
    told(
      1,
      /^offramp: .*file\/below cannot be used: a part of the path is a file .*--data-dir names another place/,
    ),
  );
  expect(await startFails('--data-dir', '/proc/offramp')).toEqual(
    told(1, /^offramp: \/proc\/offramp cannot be used: .*--data-dir names another place/),
  );
});

// Root may write everywhere.
test.skipIf(process.getuid?.() !== 0)('a place where this user may not write is told', async () => {
  const flags = ['start', ...FREE_PORTS, '--data-dir', path.join(root, 'mine')];
  expect(await failure(flags, { uid: 65_534 })).toEqual(
    told(
      1,
      /^offramp: .*mine cannot be used: this user may not read and write it .*--data-dir names another place/,
    ),
  );
});

const garbage = (file: string) => writeFile(file, randomBytes(8192));
test.each<[string, RegExp, (database: string) => Promise<unknown>]>([
  [
    'whose control file is nonsense',
    /cannot be opened .*its PG_VERSION is "\d+".*: it is damaged/,
    (database) => garbage(`${database}/global/pg_control`),
  ],
  [
    'without a control file',
    /cannot be opened .*: it is damaged/,
    (database) => rm(`${database}/global/pg_control`),
  ],
  [
    'without its log',
    /cannot be opened .*: it is damaged/,
    async (database) => {
      for (const name of await readdir(`${database}/pg_wal`, { withFileTypes: true }))
        if (name.isFile()) await rm(`${database}/pg_wal/${name.name}`);
    },
  ],
  [
    'of a newer version',
    /its PG_VERSION is "99"\): it is damaged, or of another version/,
    (database) => writeFile(`${database}/PG_VERSION`, '99\n'),
  ],
  [
    'that is gone',
    /the embedded database is gone: .*database is not there/,
    (database) => rm(database, { recursive: true }),
  ],
  [
    'that is a file',
    /cannot (be opened|use)/,
    async (database) => {
      await rm(database, { recursive: true });
      await writeFile(database, '');
    },
  ],
])('an embedded database %s is told with the way out, and left as it is', async (what, message, damage) => {
  const dataDir = await damaged(what, damage);
  const err = await toldAndPasted(dataDir);
  expect(err).toMatch(message);
  expect(err.split('\n').filter((line) => line.startsWith('offramp: '))).toHaveLength(1);
  expect(err).toContain('back from a backup; or begin anew');
});

test('with the way out that is told, the program begins anew', async () => {
  const dataDir = await damaged('that has a way out', (database) => rm(`${database}/global/pg_control`));
  await toldAndPasted(dataDir);
  await (await startOfframp(['--data-dir', dataDir])).stop();
});

/** A data directory of which the database has been damaged. */
async function damaged(name: string, damage: (database: string) => Promise<unknown>): Promise<string> {
  const dataDir = path.join(root, name);
  await cp(good, dataDir, { recursive: true });
  await damage(path.join(dataDir, 'database'));
  return dataDir;
}

/** Pastes into a shell what a start says that cannot go on. What stays is the same whatever the damage was: no database. */
async function toldAndPasted(dataDir: string): Promise<string> {
  const { code, err } = await startFails('--data-dir', dataDir);
  expect(code).toBe(1);
  expect(await readdir(dataDir)).toContain('database.complete');
  execFileSync('sh', ['-c', / anew, without what was in it: (.*)\n$/.exec(err)![1]!]);
  const left = await readdir(dataDir);
  expect(left.filter((entry) => entry === 'database' || entry === 'database.complete')).toEqual([]);
  return err;
}

test('a damaged CA is told by the program', async () => {
  const dataDir = path.join(root, 'ca');
  await cp(good, dataDir, { recursive: true });
  await writeFile(path.join(dataDir, 'edge/ca.pem'), 'x');
  expect(await startFails('--data-dir', dataDir)).toEqual(
    told(1, /^offramp: the CA of the edge is damaged: .*edge\/ca\.pem holds no certificate in PEM/),
  );
});

test('--edge-ca-out in a directory that is not there is told', async () => {
  expect(await startFails('--memory', '--edge-ca-out', path.join(root, 'nowhere/ca.pem'))).toEqual(
    told(1, /^offramp: --edge-ca-out ".*nowhere\/ca\.pem" cannot be written/),
  );
});

test('a port that is taken is told before a database is asked for that cannot be reached, with every flag that has a port', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const storage = ['--database-url', 'postgres://127.0.0.1:1/none', '--data-dir', path.join(root, 'ports')];
  for (const flags of [
    ['--port', `${port}`],
    ['--http-port', `${port}`],
    ['--tcp', `${port}=db.example.com`],
  ]) {
    expect(await startFails(...storage, ...flags)).toEqual(
      told(
        1,
        new RegExp(`^offramp: 127\\.0\\.0\\.1:${port} is in use by another program.*--dns-port, --tcp`),
      ),
    );
  }
  expect(await startFails(...storage)).toEqual(
    told(1, /^offramp: the database "none" at 127\.0\.0\.1:1 cannot be used/),
  );
});

test('two flags with one port are told, rather than another program', async () => {
  const flags = ['start', '--memory', '--port', '9', '--edge-port', '9'];
  expect(await failure(flags)).toEqual(
    told(
      2,
      /^offramp: --port and --edge-port both take port 9 of 127\.0\.0\.1; each needs one of its own\n$/,
    ),
  );
});

test('files that are no database of Offramp keep a start from going on, and stay', async () => {
  const dataDir = path.join(root, 'foreign');
  await mkdir(path.join(dataDir, 'database'), { recursive: true, mode: 0o700 });
  await writeFile(path.join(dataDir, 'database/schema.sql'), 'mine');
  await writeFile(path.join(dataDir, 'notes.txt'), 'mine');
  await chmod(dataDir, 0o700);
  const { code, err } = await startFails('--data-dir', dataDir);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/database is no database that this Offramp can open .*left as it is/),
  ]);
  expect(await readFile(path.join(dataDir, 'database/schema.sql'), 'utf8')).toBe('mine');
});

test.each([
  ['x', 'invalid tunnel token: '],
  ['', 'invalid tunnel token: it is empty'],
  [Buffer.from('{"a":"b"}').toString('base64'), '"t" must be the UUID of the tunnel'],
])('the connector token "%s" is told to be none', async (token, message) => {
  const { code, err } = await failure([
    'connector',
    `--token=${token}`,
    '--cacert',
    path.join(good, 'edge/ca.pem'),
  ]);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  if (token !== '') expect(err).not.toContain(token.length > 1 ? token : '"x"');
});

test.each([
  [['--edge', 'nowhere'], '--edge: '],
  [['--log-level', 'loud'], '--log-level is "loud"; it takes trace or debug'],
])('the connector says what is wrong with %j', async (flags, message) => {
  const token = Buffer.from(
    JSON.stringify({ a: 'a', t: '00000000-0000-4000-8000-000000000000', s: 'c2VjcmV0' }),
  ).toString('base64');
  const { code, err } = await failure([
    'connector',
    '--token',
    token,
    '--cacert',
    path.join(good, 'edge/ca.pem'),
    ...flags,
  ]);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});

test.each([
  '18.20.8',
  '20.18.3',
  '21.7.3',
  '22.11.0',
  '23.11.0',
  '16.0.0',
  '20.19.0',
  '22.12.0',
  '24.0.0',
  '25.1.0',
  '26.0.0',
])('Node %s is refused when package.json does not promise it, before anything is loaded', async (version) => {
  const preload = path.join(root, `node-${version}.cjs`);
  await writeFile(
    preload,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
  );
  // A command that there is not, so that a Node that is promised fails as well.
  const { code, err } = await failure(['nonsense'], { node: ['--require', preload] });
  if (semver.satisfies(version, manifest.engines.node))
    expect([code, err]).toEqual([2, expect.stringContaining('nonsense')]);
  else
    expect({ code, err }).toEqual(
      told(1, new RegExp(`^offramp: this is Node ${version} .*needs Node 20\\.19 or newer`)),
    );
});

test('the program and an old Node understand each other: the entry imports nothing at once', async () => {
  const entry = await readFile(MAIN, 'utf8');
  expect(entry).not.toMatch(/^\s*(import|export)\s[^(]*from|\bawait\b|\?\.|\?\?|#\w|\bimport\.meta/m);
});

test('variables that Offramp does not have are named, with what may be meant; those of Kubernetes are not', async () => {
  const env = {
    OFFRAMP_PROT: '7840',
    OFFRAMP_SOMETHING_ELSE: '1',
    OFFRAMP_PORT: 'tcp://10.0.0.1:7840',
    OFFRAMP_EDGE_PORT: 'tcp://10.0.0.2:7844',
    OFFRAMP_SERVICE_HOST: '10.0.0.1',
    OFFRAMP_SERVICE_PORT_API: '7840',
    OFFRAMP_PORT_7840_TCP: 'tcp://10.0.0.1:7840',
    OFFRAMP_PORT_7840_TCP_ADDR: '10.0.0.1',
  };
  const flags = ['start', '--memory', '--http-port', 'x'];
  expect(await failure(flags, { env })).toEqual({
    code: 2,
    err: [
      'offramp: OFFRAMP_PROT is no variable of Offramp, and has no effect; did you mean OFFRAMP_PORT?',
      'offramp: OFFRAMP_SOMETHING_ELSE is no variable of Offramp, and has no effect; see --help for those that there are',
      'offramp: --http-port is "x"; it takes a whole number from 0 to 65535',
      '',
    ].join('\n'),
  });
});
