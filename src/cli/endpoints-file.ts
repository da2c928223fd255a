import { rename, rm, writeFile } from 'node:fs/promises';
import { StartFailure } from '../config/start-failure.js';

/**
 * Writes where everything listens to a file, whole or not at all, so that who waits for the file can read it. Answers how to remove it at
 * the end. Throws StartFailure.
 */
export async function writeEndpoints(file: string, record: object): Promise<() => Promise<void>> {
  const made = `${file}.${process.pid}`;
  try {
    await writeFile(made, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644 });
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true });
    throw new StartFailure(`--endpoints-file ${file} cannot be written: ${(error as Error).message}`);
  }
  return () => rm(file, { force: true }).catch(() => undefined);
}
