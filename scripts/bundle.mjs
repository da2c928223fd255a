// Joins what `offramp` loads into few files in dist/bundle/, and lets dist/main.js begin there: finding, reading and parsing a thousand small
// files took most of the processor time of a start. What tsc has made stays, for whoever imports the package; after tsc alone, dist/main.js
// begins with that again.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** Have files beside their code, or are loaded when something needs them, and then from where they are. */
const APART = [
  /^@electric-sql\//,
  /^@fastify\/swagger/,
  /^@prisma\/client\/runtime\/.*wasm/,
  /^pg-native$/,
  /^re2js$/,
  // Joined, it declares one name twice.
  /^prom-client$/,
];

const bundle = await rolldown({
  input: {
    cli: `${dist}cli/cli.js`,
    'data-plane-entry': `${dist}app/data-plane-entry.js`,
    'pglite-worker': `${dist}storage/pglite-worker.js`,
  },
  platform: 'node',
  external: APART,
});
rmSync(`${dist}bundle`, { recursive: true, force: true });
await bundle.write({
  // As deep as the folders of src: what is found by its place beside a file, such as the template of the database, is found from here too.
  dir: `${dist}bundle`,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  // Names stay: errors are told apart by them.
  minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
});
const main = readFileSync(`${dist}main.js`, 'utf8');
writeFileSync(`${dist}main.js`, main.replace("'./cli/cli.js'", "'./bundle/cli.js'"));
