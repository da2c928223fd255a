import { closeSync, openSync, statSync } from 'node:fs';
import { StartFailure } from '../config/start-failure.js';

/** Throws StartFailure when the file of `--access-log` cannot be written: before anything long is begun, and not at the first request. */
export function checkAccessLog(file: string): void {
  const cannot = (why: string) =>
    new StartFailure(
      `the access log cannot be written to ${file}: ${why}; --access-log takes a file in a directory that is there, or stdout`,
    );
  const known = statSync(file, { throwIfNoEntry: false });
  // To open a pipe would wait for its reader.
  if (known && !known.isFile() && !known.isCharacterDevice())
    throw cannot(known.isDirectory() ? 'it is a directory' : 'it is no file');
  try {
    closeSync(openSync(file, 'a', 0o640));
  } catch (error) {
    throw cannot(problemOf(error as NodeJS.ErrnoException));
  }
}

const problemOf = ({ code, message }: NodeJS.ErrnoException): string => {
  if (code === 'EACCES') return 'this user may not write there';
  if (code === 'ENOENT') return 'there is no such directory';
  return message;
};
