import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { StartFailure } from '../config/start-failure.js';

/** A file where others wait for what everything listens at: what an earlier run has left there must not be believed. */
export async function openEndpointsFile(file: string): Promise<(record: object) => Promise<EndpointsFile>> {
  await attempt(file, rm(file, { force: true }));
  return async (record) => {
    const text = `${JSON.stringify(record, null, 2)}\n`;
    const made = `${file}.${process.pid}`;
    // Whole or not at all: who waits for it reads it at once.
    await attempt(
      file,
      writeFile(made, text, { mode: 0o644 }).then(() => rename(made, file)),
    );
    return {
      async forget() {
        // Another one may have taken its place.
        const there = await readFile(file, 'utf8').catch(() => null);
        if (there === text) await rm(file, { force: true }).catch(() => undefined);
      },
    };
  };
}

export interface EndpointsFile {
  /** Removes it at the end. */
  forget(): Promise<void>;
}

/** Throws StartFailure. */
async function attempt(file: string, work: Promise<void>): Promise<void> {
  await work.catch((error: Error) => {
    throw new StartFailure(`--endpoints-file ${file} cannot be written: ${error.message}`);
  });
}
