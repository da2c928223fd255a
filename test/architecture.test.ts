import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/**
 * Who may import whom. This table is the only description of the layering; a folder that is not in it may not exist.
 * `<folder>/<file>` narrows the permission to one file.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  net: [],
  expressions: ['net'],
  wire: ['net', 'storage/database-problem'],
  config: ['net', 'wire/api-changes'],
  storage: ['config'],
  live: ['net'],
  resources: ['wire', 'storage', 'live', 'net', 'expressions'],
  steering: ['live', 'net', 'expressions'],
  offramps: ['live', 'net', 'http2/stream'],
  http2: ['net'],
  edge: ['live', 'net', 'http2', 'offramps/contract', 'offramps/dial-failure'],
  health: ['live', 'net', 'offramps/contract', 'offramps/ingress-answer'],
  proxy: [
    'live',
    'net',
    'http2/stream',
    'offramps/contract',
    'offramps/ingress-answer',
    'steering',
    'expressions/facts',
  ],
  dns: ['live', 'net', 'steering', 'expressions/facts', 'proxy/match'],
  connector: ['edge/capnp', 'edge/rpc', 'edge/registration', 'http2', 'net'],
  notifications: ['live', 'net'],
  admin: ['wire', 'live', 'storage', 'resources/index', 'steering', 'net'],
};
/** Wiring: one file for each thread or command, imported by the entries alone. */
const WIRING = new Set([
  'app',
  'api-certificate',
  'data-plane',
  'data-plane-entry',
  'data-plane-sockets',
  'open-sockets',
  'start-data-plane',
  'edge-identity',
  'openapi-document',
  'main',
  'cli',
  'index',
  'commands',
]);
const NEVER_IN_THE_DATA_PLANE = [
  'fastify',
  'zod',
  '@prisma/client',
  '@prisma/adapter-pg',
  'pg',
  '@electric-sql/pglite',
];
const DATA_PLANE = new Set([
  'net',
  'expressions',
  'live',
  'steering',
  'offramps',
  'http2',
  'edge',
  'health',
  'proxy',
  'dns',
  'connector',
]);

const SRC = path.resolve(import.meta.dirname, '../src');

interface Import {
  readonly from: string;
  readonly to: string;
  /** `import type`: gone after compilation. */
  readonly typeOnly: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'generated' ? [] : sourceFiles(full);
    return entry.name.endsWith('.ts') ? [full] : [];
  });
}

const module = (file: string) => path.relative(SRC, file).replace(/\.[jt]s$/, '');

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const statements = text.matchAll(
    /(import|export)(\s+type)?\b[^;']*?(?:from\s*|import\s*\(?\s*|\s)'([^']+)'/g,
  );
  return [...statements].map(([, , type, to]) => ({
    from: module(file),
    to: to!.startsWith('.') ? module(path.resolve(path.dirname(file), to!)) : to!,
    typeOnly: type !== undefined,
  }));
}

const files = sourceFiles(SRC);
const ours = files.flatMap(importsOf).filter((entry) => files.some((file) => module(file) === entry.to));
const room = (name: string) => name.split('/')[0]!;

function allowed({ from, to }: Import): boolean {
  if (WIRING.has(room(from))) return true;
  if (WIRING.has(room(to))) return false;
  if (room(from) === room(to)) return room(from) !== 'resources' || resourceMayImport(from, to);
  return (MAY_IMPORT[room(from)] ?? []).some((entry) => to === entry || to.startsWith(`${entry}/`));
}

/** Inside `resources/`: a noun sees the files of no noun, and another noun only through its index, and only from its rules. */
function resourceMayImport(from: string, to: string): boolean {
  const [, noun, file] = from.split('/');
  const [, other, otherFile] = to.split('/');
  if (file === undefined || otherFile === undefined || noun === other) return true;
  return file.startsWith('rules') && otherFile === 'index';
}

test('a folder imports only what the layering allows', () => {
  expect(ours.filter((entry) => !allowed(entry)).map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('resources run queries only in their stores', () => {
  const others = ours.filter(
    ({ from, to, typeOnly }) =>
      room(from) === 'resources' && room(to) === 'storage' && !typeOnly && !/\/store$/.test(from),
  );
  expect(others.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('every folder of src stands in the table', () => {
  const rooms = new Set(
    files
      .map(module)
      .filter((name) => name.includes('/'))
      .map(room),
  );
  expect([...rooms].filter((name) => !(name in MAY_IMPORT) && !WIRING.has(name))).toEqual([]);
});

test('the data plane never imports the database, the web framework or the schema library', () => {
  const foreign = files
    .flatMap(importsOf)
    .filter(({ from }) => DATA_PLANE.has(room(from)) || from.startsWith('data-plane'))
    .filter(({ to }) => NEVER_IN_THE_DATA_PLANE.some((name) => to === name || to.startsWith(`${name}/`)));
  expect(foreign).toEqual([]);
});

test('no two files import each other in a circle', () => {
  const graph = new Map<string, string[]>();
  for (const { from, to } of ours) graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name)) circles.push([...trail.slice(trail.indexOf(name)), name].join(' -> '));
    if (done.has(name) || trail.includes(name)) return;
    for (const next of graph.get(name) ?? []) visit(next, [...trail, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  expect(circles).toEqual([]);
});
