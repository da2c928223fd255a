import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const { name, exports, devDependencies } = JSON.parse(
  readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
) as {
  name: string;
  exports: Record<string, unknown>;
  devDependencies: Record<string, string>;
};

/** Where people read how to install and import us; what there is not yet is left out. */
const PLACES = [
  'docs',
  'deploy',
  'examples',
  'kits',
  'Dockerfile',
  'docker-compose.yml',
  'src/index.ts',
  'src/testing.ts',
];

function filesIn(place: string): string[] {
  const full = path.join(ROOT, place);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [place];
  return readdirSync(full).flatMap((entry) => filesIn(path.join(place, entry)));
}

const texts = [...readdirSync(ROOT).filter((entry) => entry.endsWith('.md')), ...PLACES.flatMap(filesIn)].map(
  (file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }),
);

const found = (pattern: RegExp) =>
  texts.flatMap(({ file, text }) => [...text.matchAll(pattern)].map((match) => ({ file, match })));

/** The package that a module is of: two steps of a name with a scope, otherwise one. */
const packageOf = (module: string) =>
  module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');

test('what documentation imports from us has the name of the package, and is exported', () => {
  const imports = found(/(?:from|import\(|require\()\s*['"]([^'".][^'"]*)['"]/g).filter(({ match }) =>
    packageOf(match[1]!).endsWith('offramp'),
  );
  expect(imports.length).toBeGreaterThan(1);
  const entries = Object.keys(exports).map((entry) => path.posix.join(name, entry));
  for (const { file, match } of imports) expect(entries, file).toContain(match[1]);
});

/** The packages of a command: what `npx` runs is the first word that is no flag, and what stands behind it is of that program. */
function packagesOf(command: string): string[] {
  const [, verb, rest] = COMMAND.exec(command)!;
  const words = rest!.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-'));
  return /exec|npx|dlx/.test(verb!) ? words.slice(0, 1) : words;
}

const COMMAND = /\b(npm (?:install|i|exec|view|publish)|npx|pnpm (?:add|dlx)|yarn (?:add|dlx))\s([^`\n&|;]*)/;

test('what documentation installs or runs of us from a registry has the name of the package', () => {
  expect(packagesOf('npx --yes offramp@1 start')).toEqual(['offramp@1']);
  const ours = found(new RegExp(COMMAND, 'g')).flatMap(({ file, match }) =>
    packagesOf(match[0])
      .filter((word) => /^(@[\w.-]+\/)?offramp(@[\w.^~-]+)?$/.test(word))
      .map((word) => ({ file, word })),
  );
  for (const { file, word } of ours) expect(word.replace(/(?<=.)@[^@/]*$/, ''), file).toBe(name);
});

test('whatever language it is in, a text that names our package with its scope names it right', () => {
  const named = found(/@[\w.-]+\/offramp(?![\w-])/g);
  for (const language of ['.md', '.py', '.go', '.json', '.yml'])
    expect(named.some(({ file }) => file.endsWith(language))).toBe(true);
  for (const { file, match } of named) expect(match[0], file).toBe(name);
});

test('examples and kits ask for the versions that they are run with here', () => {
  const asked = texts
    .filter(({ file }) => path.basename(file) === 'package.json')
    .flatMap(({ file, text }) => {
      const { dependencies = {}, devDependencies: others = {} } = JSON.parse(text);
      return Object.entries({ ...dependencies, ...others }).map(([other, version]) => ({
        file,
        other,
        version,
      }));
    })
    .filter(({ other }) => other in devDependencies);
  expect(asked.length).toBeGreaterThan(3);
  for (const { file, other, version } of asked)
    expect(`${other}@${version}`, file).toBe(`${other}@${devDependencies[other]}`);
});
