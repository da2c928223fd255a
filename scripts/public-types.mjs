// Copies the declarations that the library's entries lead to into dist/types/. They must lead to no package, Node's types included: then they are
// right in every project, whatever it has installed.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const IMPORTED = /^(?:import|export)\b[^;]*? from '([^']+)'|\bimport\("([^"]+)"\)/gm;
/** What only Node's own types declare, and declarations name without an import. */
const OF_NODE = /\b(Buffer|NodeJS|AsyncDisposable)\b(?!['"`])/;

export function writePublicTypes(entries, required) {
  rmSync(`${dist}types`, { recursive: true, force: true });
  for (const file of reachedFrom(entries)) cpSync(file, typesOf(file));
  // TypeScript takes a .d.ts of ours for that of a module, which nobody may require.
  for (const file of reachedFrom(required)) {
    const text = readFileSync(file, 'utf8').replace(/(?<=from '\.[^']*)\.js(?=')/g, '.cjs');
    writeFileSync(typesOf(file).replace(/\.ts$/, '.cts'), text);
  }
}

const typesOf = (file) => path.join(dist, 'types', path.relative(dist, file));

function reachedFrom(entries) {
  const files = new Set();
  for (const entry of entries) follow(`${dist}${entry}.d.ts`, files);
  return files;
}

function follow(file, seen) {
  if (seen.has(file)) return;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const name = path.relative(dist, file);
  const node = text.replace(/\/\*[\s\S]*?\*\//g, '').match(OF_NODE);
  if (node)
    throw new Error(`${name} is among the types of the library, and names ${node[1]}, which is of Node's`);
  for (const [, plain, inline] of text.matchAll(IMPORTED)) {
    const to = plain ?? inline;
    if (!to.startsWith('.'))
      throw new Error(`${name} is among the types of the library, and takes one from ${to}`);
    follow(path.resolve(path.dirname(file), to.replace(/\.js$/, '.d.ts')), seen);
  }
}
