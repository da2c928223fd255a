import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Of a tar file: each header, and the content after it, fills whole blocks. */
const BLOCK = 512;
const DIRECTORY = '5';

/**
 * Writes what the build has put into the template to a new directory, for the owner alone. The database could load it itself, into a
 * directory that it cannot move afterwards: it would have to be opened, closed and opened again, which takes as long as the rest of the start.
 */
export function unpackTemplate(template: string, directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  const tar = gunzipSync(readFileSync(template));
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const content = at + BLOCK;
    // Names begin with a slash, which means the directory here.
    const file = path.join(directory, text(345, 155), text(0, 100));
    if (text(156, 1) === DIRECTORY) mkdirSync(file, { recursive: true, mode: 0o700 });
    else writeFileSync(file, tar.subarray(content, content + size), { mode: 0o600, flag: 'wx' });
    at = content + Math.ceil(size / BLOCK) * BLOCK;
  }
}
