import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import type { WireMessage } from './pglite-link.js';
import { unpackTemplate } from './pglite-template.js';

/**
 * PGlite settles its queries in microtasks and would starve the event loop it shares, so it has this thread to itself.
 * In: whole frontend messages of the Postgres wire protocol, or `close`. Out: the backend's bytes, for the connection that
 * asked.
 */
const IN_MEMORY = 'memory://';
/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;
/**
 * Of pages in the database's own memory; the system caches its files as well, and answers come from the main thread's memory. PostgreSQL's usual
 * 128 MB would be touched from the first moment.
 */
const SETTINGS = { startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=4MB'] };
const SYNC = Uint8Array.of(0x53, 0, 0, 0, 4);
const port = parentPort!;
const database = await openDatabase(workerData.dataDir as string, workerData.template as string);
let previous: Promise<unknown> = Promise.resolve();
let current: number | undefined;

port.on('message', (message: WireMessage | 'close') => {
  previous = previous.then(() => (message === 'close' ? shutDown() : answer(message)));
});
port.postMessage('ready');

/**
 * Opens what is in `dataDir`, or makes it. A new database has the name `….unfinished` until it is whole, and nothing of another name is ever
 * removed. `….complete` says that there is one, also when it has gone.
 */
async function openDatabase(dataDir: string, template: string): Promise<PGlite> {
  if (dataDir === IN_MEMORY)
    return await PGlite.create({ dataDir, ...SETTINGS, ...(await copyOf(template)) });
  const [complete, unfinished] = [`${dataDir}.complete`, `${dataDir}.unfinished`];
  const isKnown = existsSync(complete);
  // Killed between the last two steps of `make`.
  if (isKnown && !existsSync(dataDir) && existsSync(unfinished)) await rename(unfinished, dataDir);
  await rm(unfinished, { recursive: true, force: true });
  if (isKnown) return await openMade(dataDir);
  if (await isEmpty(dataDir)) {
    await make(dataDir, template);
    return await openMade(dataDir);
  }
  const found = await openMade(dataDir);
  const { rows } = await found.query("select to_regclass('_prisma_migrations') is not null as ours");
  if (!(rows[0] as { ours: boolean }).ours) {
    await found.close();
    throw new Error('it has no tables of Offramp');
  }
  await writeFile(complete, '', { mode: 0o600, flag: 'wx' });
  return found;
}

async function openMade(dataDir: string): Promise<PGlite> {
  // PGlite would make it anew, without a word about what was in it.
  if (!existsSync(dataDir)) throw new Error('it is gone');
  if (!existsSync(path.join(dataDir, 'PG_VERSION'))) throw new Error('it is no directory of a database');
  return await PGlite.create({ fs: ownersFiles(dataDir), ...SETTINGS });
}

/** Its files cannot move while it is open. */
async function make(dataDir: string, template: string): Promise<void> {
  const unfinished = `${dataDir}.unfinished`;
  if (existsSync(template)) unpackTemplate(template, unfinished);
  else await (await PGlite.create({ fs: ownersFiles(unfinished), ...SETTINGS })).close();
  await writeFile(`${dataDir}.complete`, '', { mode: 0o600, flag: 'wx' });
  // Windows renames nothing to a name that is taken.
  if (existsSync(dataDir)) await rmdir(dataDir);
  await rename(unfinished, dataDir);
}

/** The build has made the template; creating a cluster takes far longer. PGlite would unpack it itself, in several times the time. */
async function copyOf(template: string): Promise<{ loadDataDir?: Blob }> {
  if (!existsSync(template)) return {};
  return { loadDataDir: new Blob([gunzipSync(await readFile(template))], { type: 'application/x-tar' }) };
}

/** Also when it is not there. */
async function isEmpty(directory: string): Promise<boolean> {
  return await readdir(directory).then(
    (names) => names.length === 0,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

/** What of Emscripten's file system sets permissions. */
interface FileSystem {
  chmod(file: unknown, mode: number, dontFollow?: boolean): void;
  mknod(file: string, mode: number, device: number): unknown;
}

/** The files of `dataDir`, with permissions for the owner alone: PGlite sets others itself, so the umask does not matter. */
function ownersFiles(dataDir: string): NodeFS {
  const files = new NodeFS(dataDir);
  const init = files.init.bind(files);
  files.init = async (pg, options) => {
    const { emscriptenOpts } = await init(pg, options);
    const restrict = ({ FS }: { readonly FS: FileSystem }) => {
      const { chmod, mknod } = FS;
      FS.chmod = (file, mode, dontFollow) => chmod(file, mode & ~OTHERS, dontFollow);
      FS.mknod = (file, mode, device) => mknod(file, mode & ~OTHERS, device);
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), restrict] } };
  };
  return files;
}

async function answer({ connection, bytes }: WireMessage): Promise<void> {
  try {
    if (current !== undefined && current !== connection) await startOver();
    current = connection;
    port.postMessage({ connection, bytes: await database.execProtocolRaw(bytes) });
  } catch (error) {
    port.postMessage({ connection, error: String(error) });
  }
}

/** Connections share PGlite's one session: what the one before has left open must not reach the next. */
async function startOver(): Promise<void> {
  await database.execProtocolRaw(SYNC);
  await database.exec('rollback');
  await database.exec('discard all');
}

async function shutDown(): Promise<void> {
  await database.close();
  port.postMessage('closed');
  port.close();
}
