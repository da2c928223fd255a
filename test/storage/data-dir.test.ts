import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { claimDataDir } from '../../src/storage/data-dir.js';

const MARKER = 'OFFRAMP_DATA';
const root = await mkdtemp(path.join(os.tmpdir(), 'offramp-dir-'));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Leaves a lock as a killed process does. */
async function leaveStaleLock(directory: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path.join(directory, 'lock'))}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

test('the directory is made for its owner alone; it is fresh until something is in it', async () => {
  const directory = path.join(root, 'a', 'b');
  const first = await claimDataDir(directory);
  expect(first.fresh).toBe(true);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  await first.release();
  await writeFile(path.join(directory, 'something'), '');
  const second = await claimDataDir(directory);
  expect(second.fresh).toBe(false);
  await second.release();
  expect(await readdir(directory)).toEqual([MARKER, 'something']);
});

test('a directory that is in use is refused by its name, also under another one, until it is released', async () => {
  const directory = path.join(root, 'used');
  const first = await claimDataDir(directory);
  await expect(claimDataDir(`${directory}/../used/`)).rejects.toThrow(`${directory} is in use`);
  await first.release();
  await (await claimDataDir(directory)).release();
});

test('the lock of a killed process does not hold', async () => {
  const directory = path.join(root, 'killed');
  await (await claimDataDir(directory)).release();
  await leaveStaleLock(directory);
  const claimed = await claimDataDir(directory);
  await expect(claimDataDir(directory)).rejects.toThrow('in use');
  await claimed.release();
  expect(await readdir(directory)).toEqual([MARKER]);
});

test.each([false, true])(
  'of many that start at once only one gets the directory (stale lock: %j)',
  async (stale) => {
    const directory = path.join(root, `race-${stale}`);
    await (await claimDataDir(directory)).release();
    if (stale) await leaveStaleLock(directory);
    const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimDataDir(directory)));
    const won = claims.filter((claim) => claim.status === 'fulfilled');
    expect(won).toHaveLength(1);
    await expect(claimDataDir(directory)).rejects.toThrow('in use');
    await won[0]?.value.release();
  },
);

test('a start that was killed while it took a lock over keeps nobody out for good', async () => {
  const directory = path.join(root, 'killed-takeover');
  await (await claimDataDir(directory)).release();
  await leaveStaleLock(directory);
  await mkdir(path.join(directory, 'lock.takeover'));
  const claimed = await claimDataDir(directory);
  await expect(claimDataDir(directory)).rejects.toThrow('in use');
  await claimed.release();
  expect(await readdir(directory)).toEqual([MARKER]);
});

// The second is short in characters and long in bytes.
test.each(['d'.repeat(120), 'é'.repeat(55)])(
  'a path that is too long for a socket is locked all the same',
  async (name) => {
    const directory = path.join(root, name);
    const first = await claimDataDir(directory);
    expect(await readdir(directory)).toEqual([MARKER]);
    await expect(claimDataDir(directory)).rejects.toThrow('in use');
    await first.release();
    await (await claimDataDir(directory)).release();
  },
);

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

/** A directory with these files, which everybody may read and write. */
async function openDirectory(name: string, files: readonly string[]): Promise<string> {
  const directory = path.join(root, name);
  for (const file of ['.', ...files]) {
    const folder = path.join(directory, path.dirname(file));
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777);
    if (file === '.') continue;
    await writeFile(path.join(directory, file), file);
    await chmod(path.join(directory, file), 0o666);
  }
  await chmod(directory, 0o777);
  return directory;
}

const claimAndRelease = async (directory: string) => {
  const claimed = await claimDataDir(directory);
  await claimed.release();
  return claimed;
};

test('an empty directory is made private, and marked', async () => {
  const directory = await openDirectory('empty', []);
  expect((await claimAndRelease(directory)).warning).toBeNull();
  expect(await modeOf(directory)).toBe('700');
  expect(await readdir(directory)).toEqual([MARKER]);
});

test.each<[string, string[]]>([
  [
    'one of an earlier version',
    ['edge/ca-key.pem', 'edge/ca.pem', 'database/PG_VERSION', 'database.complete'],
  ],
  ['one of an earlier version with a database elsewhere', ['edge/ca-key.pem', 'edge/ca.pem']],
  ['one that is marked, and what else is in it', [MARKER, 'database/base/1/2', 'notes/today.txt']],
])('%s is narrowed with everything in it, and says that it was open', async (name, files) => {
  const directory = await openDirectory(name, files);
  const outside = path.join(root, `outside of ${name}`);
  await writeFile(outside, '');
  await chmod(outside, 0o644);
  await symlink(
    outside,
    path.join(directory, path.dirname(files.find((file) => file.includes('/'))!), 'link'),
  );
  const claimed = await claimDataDir(directory);
  expect(claimed.warning).toBe(
    `other users could look into ${directory} until now: its keys may be known to them`,
  );
  expect(await modeOf(directory)).toBe('700');
  const modes = await Promise.all(
    (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => !entry.isSymbolicLink())
      .map(async (entry) => [entry.isDirectory(), await modeOf(path.join(entry.parentPath, entry.name))]),
  );
  expect(modes.length).toBeGreaterThan(files.length);
  expect(modes.filter(([isDirectory, mode]) => mode !== (isDirectory ? '700' : '600'))).toEqual([]);
  expect(await modeOf(outside)).toBe('644');
  await claimed.release();
  expect((await claimAndRelease(directory)).warning).toBeNull();
});

test('one that holds something else is refused with the line to run while others can enter it, and left alone then', async () => {
  const directory = await openDirectory("somebody's", [
    'letters/a.txt',
    'edge/ca-key.pem',
    'edge/ca.pem',
    'database/mine.sql',
  ]);
  const line = `chmod 700 '${directory.replace("'", `'\\''`)}'`;
  await expect(claimDataDir(directory)).rejects.toThrow(
    new RegExp(
      `can be entered by other users \\(0777\\) and holds something else.*\n  ${line.replaceAll(/[\\$(]/g, '\\$&')}$`,
    ),
  );
  expect(await modeOf(directory)).toBe('777');
  const child = spawn('sh', ['-c', line]);
  expect(await once(child, 'exit')).toEqual([0, null]);
  await claimAndRelease(directory);
  expect(await modeOf(path.join(directory, 'edge/ca-key.pem'))).toBe('600');
  expect(await modeOf(path.join(directory, 'letters/a.txt'))).toBe('666');
  expect(await modeOf(path.join(directory, 'database/mine.sql'))).toBe('666');
  expect(await readdir(directory)).toEqual(['database', 'edge', 'letters']);
});

test.each<[string, string[]]>([
  ["a user's lockers", ['lockers/a.txt']],
  ['folders that only have the names of ours', ['edge/router.conf', 'database/mine.sql']],
  ['files that have the names of our folders', ['edge', 'database', 'database.complete']],
  ['half of ours', ['edge/ca-key.pem', 'database.complete']],
  ['the name of an unfinished database', ['database.unfinished/a']],
])('others can enter a directory with %s: it is refused and left alone', async (name, files) => {
  const directory = await openDirectory(name, files);
  const before = await readdir(directory);
  await expect(claimDataDir(directory)).rejects.toThrow(/holds something else .*chmod 700/s);
  expect(await modeOf(directory)).toBe('777');
  expect(await readdir(directory)).toEqual(before);
});

test('a mark that is a link makes nothing ours, and nothing is written through it', async () => {
  const directory = await openDirectory('planted-link', ['notes.txt']);
  const target = path.join(root, 'target');
  await writeFile(target, 'mine');
  await symlink(target, path.join(directory, MARKER));
  await expect(claimDataDir(directory)).rejects.toThrow('holds something else');
  expect(await modeOf(directory)).toBe('777');
  await chmod(directory, 0o700);
  await claimAndRelease(directory);
  expect(await readFile(target, 'utf8')).toBe('mine');
  expect(await modeOf(path.join(directory, 'notes.txt'))).toBe('666');
});

test.skipIf(process.getuid?.() !== 0)('a mark of another user makes nothing ours', async () => {
  const directory = await openDirectory('planted-file', [MARKER, 'edge/ca-key.pem', 'edge/ca.pem']);
  await chown(path.join(directory, MARKER), 12_345, 12_345);
  await expect(claimDataDir(directory)).rejects.toThrow('holds something else');
  expect(await modeOf(directory)).toBe('777');
});

test.each<[string, (file: string) => Promise<unknown>]>([
  ['lock', (file) => mkdir(file)],
  ['lock', (file) => writeFile(file, 'mine')],
  ['lock', (file) => symlink('/nowhere', file)],
])('a %s that no Offramp has made is told, and left alone', async (name, make) => {
  const directory = await mkdtemp(path.join(root, 'in-the-way-'));
  await make(path.join(directory, name));
  await chmod(directory, 0o755);
  await expect(claimDataDir(directory)).rejects.toThrow(
    `${path.join(directory, name)} is in the way: Offramp locks its data directory with that name`,
  );
  expect(await readdir(directory)).toEqual([name]);
  expect(await modeOf(directory)).toBe('755');
});

test('what stands where a lock is taken over, and is none of ours, is told', async () => {
  const directory = path.join(root, 'takeover-in-the-way');
  await (await claimDataDir(directory)).release();
  await leaveStaleLock(directory);
  await writeFile(path.join(directory, 'lock.takeover'), 'mine');
  await expect(claimDataDir(directory)).rejects.toThrow(/lock\.takeover is in the way/);
  expect(await readFile(path.join(directory, 'lock.takeover'), 'utf8')).toBe('mine');
});

test.each(['empty', 'full'])(
  'a shared directory that is %s stays as it is, and no command would change it',
  async (what) => {
    const directory = await openDirectory(`shared-${what}`, what === 'full' ? ['a.txt'] : []);
    await chmod(directory, 0o1777);
    const failure = await claimDataDir(directory).catch((error: Error) => error);
    expect(String(failure)).toContain(
      `it is a directory that users share: name one that is Offramp's alone, such as ${path.join(directory, 'offramp')}`,
    );
    expect(String(failure)).not.toMatch(/chmod|chown/);
    expect((await stat(directory)).mode & 0o7777).toBe(0o1777);
  },
);

test('a file is refused', async () => {
  const file = path.join(root, 'file');
  await writeFile(file, '');
  await expect(claimDataDir(file)).rejects.toThrow(`--data-dir "${file}" is a file; it takes a directory`);
});

test.skipIf(process.getuid?.() !== 0)('a directory of another user is refused', async () => {
  const directory = path.join(root, 'foreign');
  await mkdir(directory, { mode: 0o700 });
  await chown(directory, 12_345, 12_345);
  await expect(claimDataDir(directory)).rejects.toThrow(
    `belongs to another user (uid 12345), and this Offramp runs as uid 0; run "sudo chown -R 0 ${directory}", or name a directory below it`,
  );
});

test.skipIf(process.getuid?.() !== 0)(
  'a shared directory of another user is not to be taken over',
  async () => {
    const directory = await openDirectory('foreign-shared', []);
    await chown(directory, 12_345, 12_345);
    await chmod(directory, 0o1777);
    const failure = await claimDataDir(directory).catch((error: Error) => error);
    expect(String(failure)).toMatch(
      /belongs to another user \(uid 12345\).*it is a directory that users share: name one/,
    );
    expect(String(failure)).not.toContain('chown');
  },
);
