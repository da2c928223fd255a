import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { WireMessage } from './pglite-link.js';

/**
 * PGlite settles its queries in microtasks and would starve the event loop it shares, so it has this thread to itself.
 * In: whole frontend messages of the Postgres wire protocol, or `close`. Out: the backend's bytes, for the connection that
 * asked.
 */
const IN_MEMORY = 'memory://';
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
    if (existsSync(complete)) return await PGlite.create(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }
  const loadDataDir = existsSync(template) ? new Blob([await readFile(template)]) : undefined;
  const fresh = await PGlite.create(dataDir, loadDataDir ? { loadDataDir } : {});
  if (dataDir !== IN_MEMORY) await writeFile(complete, '');
  return fresh;
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
