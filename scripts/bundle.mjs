// Joins what `offramp` and the library load, packages included, into few files in dist/bundle/, and lets dist/main.js and the library's entries
// begin there: finding, reading and parsing a thousand small files took most of the processor time of a start, and most of what the packages
// bring nobody loads. What tsc has made stays for the scripts and tests of a clone, and is not in the package; after tsc alone, dist/main.js
// begins with that again.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { writePublicTypes } from './public-types.mjs';
import { readArguments } from './support/arguments.mjs';
import { thirdPartyNotices } from './third-party-notices.mjs';

readArguments(import.meta.filename);

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist/`;
const { dependencies, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** What others import: `.` is index, and `./name` would be name. */
const library = Object.keys(exports)
  .filter((name) => name !== './package.json')
  .map((name) => (name === '.' ? 'index' : name.slice(2)));

/** Those that may be required as well: Jest does so with what its tests import. */
const required = library.filter((name) => exports[`./${name}`]?.require);

/**
 * Whoever installs us installs these: PGlite has files of its own and is large, RE2 is looked for when something needs it, and prom-client declares
 * one name twice when it is joined. Nobody has pg-native: `pg` asks whether somebody does.
 */
const apart = [...Object.keys(dependencies), 'pg-native'].map((name) => new RegExp(`^${name}(/|$)`));

/** Swagger UI looks for its files beside its code, which is at another place now. */
const SWAGGER_UI = '/node_modules/@fastify/swagger-ui/';
const WHERE_ITS_FILES_ARE = {
  'lib/routes.js': [`path.join(__dirname, '..', 'static')`, `path.join(import.meta.dirname, 'swagger-ui')`],
  'index.js': [
    `path.join(__dirname, './static/logo.svg')`,
    `path.join(import.meta.dirname, 'swagger-ui', 'logo.svg')`,
  ],
};
const swaggerFiles = {
  name: 'files-of-swagger-ui',
  transform(code, id) {
    const [before, after] = WHERE_ITS_FILES_ARE[id.split(SWAGGER_UI)[1]] ?? [];
    if (!before) return null;
    if (!code.includes(before)) throw new Error(`${id} looks for its files in another way than ${before}`);
    return { code: code.replace(before, after) };
  },
};

const bundle = await rolldown({
  input: {
    cli: `${dist}cli/cli.js`,
    'data-plane-entry': `${dist}app/data-plane-entry.js`,
    'pglite-worker': `${dist}storage/pglite-worker.js`,
    ...Object.fromEntries(library.map((name) => [name, `${dist}${name}.js`])),
  },
  platform: 'node',
  external: apart,
  plugins: [swaggerFiles],
});
rmSync(`${dist}bundle`, { recursive: true, force: true });
const { output } = await bundle.write({
  // As deep as the folders of src: what is found by its place beside a file, such as the template of the database, is found from here too.
  dir: `${dist}bundle`,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  // Names stay: errors are told apart by them.
  minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
});
cpSync(`${root}${SWAGGER_UI.slice(1)}static`, `${dist}bundle/swagger-ui`, { recursive: true });
// In one file.
const commonJs = await rolldown({
  input: Object.fromEntries(required.map((name) => [name, `${dist}${name}.js`])),
  platform: 'node',
  external: apart,
});
await commonJs.write({ dir: `${dist}bundle`, format: 'cjs', exports: 'named', entryFileNames: '[name].cjs' });
writeFileSync(
  `${dist}bundle/third-party-notices.txt`,
  thirdPartyNotices(output.flatMap(({ moduleIds = [] }) => moduleIds)),
);
writePublicTypes(library, required);
const main = readFileSync(`${dist}main.js`, 'utf8');
writeFileSync(`${dist}main.js`, main.replace("'./cli/cli.js'", "'./bundle/cli.js'"));
for (const name of library) {
  const all = `export * from './bundle/${name}.js';\n`;
  const { exports: names } = output.find((chunk) => chunk.isEntry && chunk.name === name);
  const byDefault = names.includes('default') ? `export { default } from './bundle/${name}.js';\n` : '';
  writeFileSync(`${dist}${name}.js`, all + byDefault);
}
