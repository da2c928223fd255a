import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/**
 * PGlite settles its queries in microtasks and would starve the event loop it shares, so it has this thread to itself.
 * In: whole frontend messages of the Postgres wire protocol, `reset` or `close`. Out: the backend's
 * bytes.
 */
const IN_MEMORY = 'memory://';
const port = parentPort!;
const database = await openDatabase(workerData.dataDir as string, workerData.template as string);
let previous: Promise<unknown> = Promise.resolve();

port.on('message', (message: Uint8Array | 'reset' | 'close') => {
  previous = previous.then(() => {
    if (message === 'close') return shutDown();
    return message === 'reset' ? reset() : answer(message);
  });
});
port.postMessage('ready');

/**
 * A new database starts as a copy of the template that the build has made; creating a cluster takes far longer. One that
 * was killed while it was made has never held anything, so it is made again.
 */
async function openDatabase(dataDir: string, template: string): Promise<PGlite> {
  const complete = `${dataDir}.complete`;
  if (dataDir !== IN_MEMORY) {
    if (existsSync(complete)) return await PGlite.create(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }
  const loadDataDir = existsSync(template) ? new Blob([await readFile(template)]) : undefined;
  const fresh = await PGlite.create(dataDir, loadDataDir ? { loadDataDir } : {});
  if (dataDir !== IN_MEMORY) await writeFile(complete, '');
  return fresh;
}

async function answer(message: Uint8Array): Promise<void> {
  try {
    port.postMessage(await database.execProtocolRaw(message));
  } catch (error) {
    port.postMessage({ error: String(error) });
  }
}

/** A connection has ended: the next one finds nothing of it in the session, as in a session of its own. */
async function reset(): Promise<void> {
  try {
    await database.exec('rollback');
    await database.exec('deallocate all');
  } catch (error) {
    port.postMessage({ error: String(error) });
  }
}

async function shutDown(): Promise<void> {
  await database.close();
  port.postMessage('closed');
  port.close();
}
