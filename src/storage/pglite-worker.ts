import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import type { WireMessage } from './pglite-link.js';

/**
 * PGlite settles its queries in microtasks and would starve the event loop it shares, so it has this thread to itself.
 * In: whole frontend messages of the Postgres wire protocol, or `close`. Out: the backend's bytes, for the connection that
 * asked.
 */
const IN_MEMORY = 'memory://';
/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;
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
 * A new database starts as a copy of the template that the build has made; creating a cluster takes far longer. One that
 * was killed while it was made has never held anything, so it is made again.
 */
async function openDatabase(dataDir: string, template: string): Promise<PGlite> {
  const complete = `${dataDir}.complete`;
  if (dataDir !== IN_MEMORY) {
    if (existsSync(complete)) {
      // It would be made anew, without a word about what was in it.
      if (!existsSync(dataDir)) throw new Error('it is gone');
      return await PGlite.create({ fs: ownersFiles(dataDir) });
    }
    await rm(dataDir, { recursive: true, force: true });
  }
  const loadDataDir = existsSync(template) ? new Blob([await readFile(template)]) : undefined;
  const fresh = await PGlite.create({
    ...(loadDataDir && { loadDataDir }),
    ...(dataDir === IN_MEMORY ? { dataDir } : { fs: ownersFiles(dataDir) }),
  });
  if (dataDir !== IN_MEMORY) await writeFile(complete, '', { mode: 0o600 });
  return fresh;
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
