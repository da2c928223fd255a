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
  domain: [],
  api: ['net', 'domain/http-fields', 'storage/database-problem', 'bridge/faults', 'faults/fault-list'],
  'api/admin': ['bridge', 'state/health-board', 'storage', 'resources/index', 'steering', 'domain'],
  config: ['net', 'domain/http-fields', 'api/api-changes'],
  storage: ['config', 'net'],
  state: ['net', 'domain'],
  bridge: ['state', 'net'],
  control: ['bridge', 'state/snapshot', 'net'],
  metrics: ['bridge/messages', 'state/series-table', 'net'],
  resources: ['api', 'domain', 'storage', 'bridge', 'state', 'net', 'expressions'],
  analytics: ['api', 'resources', 'bridge', 'state', 'net'],
  seed: ['api', 'resources', 'storage/tables', 'net', 'config/start-failure'],
  steering: ['state', 'net', 'domain', 'expressions'],
  faults: ['bridge/faults', 'net', 'tunnel/h2/frames', 'tunnel/egress/contract'],
  'tunnel/egress': ['state', 'net'],
  'tunnel/h2': ['net'],
  'tunnel/rpc': [],
  'tunnel/edge': ['bridge', 'state', 'net', 'tunnel/rpc', 'tunnel/h2', 'tunnel/egress/contract'],
  /** Reads what origins answer as the proxy does. */
  health: ['bridge', 'state', 'net', 'domain', 'tunnel/egress/contract', 'proxy/http'],
  'proxy/http': ['net', 'proxy/limits'],
  'proxy/telemetry': [
    'proxy/hosts',
    'proxy/http',
    'bridge/reports',
    'state/series-table',
    'state/snapshot',
    'net',
    'faults/traffic-faults',
    'steering/contract',
    'tunnel/egress/contract',
  ],
  'proxy/upstream': [
    'proxy/exchange/contract',
    'proxy/http',
    'proxy/limits',
    'state/load-board',
    'state/snapshot',
    'net',
    'faults',
    'tunnel/egress/contract',
    'tunnel/egress/lent-reads',
  ],
  'proxy/exchange': [
    'proxy/upstream/origin-target',
    'proxy/telemetry',
    'proxy/http',
    'proxy/hosts',
    'proxy/limits',
    'state',
    'net',
    'faults/fault-error',
    'steering',
    'expressions/facts',
    'tunnel/egress/contract',
  ],
  'proxy/downstream': [
    'proxy/exchange',
    'proxy/telemetry/request-record',
    'proxy/http',
    'proxy/limits',
    'net',
    'tunnel/egress/lent-reads',
  ],
  'proxy/listeners': [
    'proxy/downstream/clients',
    'proxy/exchange/contract',
    'proxy/exchange/services',
    'proxy/hosts',
    'proxy/limits',
    'bridge',
    'state',
    'net',
    'faults',
    'steering',
  ],
  'proxy/tcp': [
    'proxy/listeners',
    'proxy/downstream/clients',
    'proxy/downstream/joined-streams',
    'proxy/exchange/contract',
    'proxy/exchange/origin-attempts',
    'proxy/upstream',
    'proxy/telemetry/request-record',
    'proxy/hosts',
    'proxy/limits',
    'bridge',
    'state',
    'net',
    'faults',
    'steering',
    'tunnel/egress/contract',
  ],
  /** Puts the rooms above together; none of them sees it, but for `hosts` and `limits`. */
  proxy: [
    'proxy',
    'bridge',
    'state',
    'net',
    'domain/http-fields',
    'faults',
    'steering',
    'tunnel/egress/contract',
  ],
  dns: ['bridge/messages', 'state', 'net', 'steering', 'expressions/facts', 'proxy/hosts'],
  'tunnel/connector': ['tunnel/rpc', 'tunnel/h2', 'net', 'domain/http-fields'],
};
/** Wiring: one file for each thread or command, imported by the entries alone. */
const WIRING = new Set(['app', 'main', 'index', 'testing', 'cli']);
const NEVER_IN_THE_DATA_PLANE = [
  'fastify',
  'zod',
  '@prisma/client',
  '@prisma/adapter-pg',
  'pg',
  '@electric-sql/pglite',
  'prom-client',
];
const DATA_PLANE = new Set([
  'net',
  'domain',
  'expressions',
  'bridge',
  'state',
  'faults',
  'steering',
  'tunnel/egress',
  'tunnel/h2',
  'tunnel/rpc',
  'tunnel/edge',
  'health',
  'proxy',
  'proxy/http',
  'proxy/telemetry',
  'proxy/upstream',
  'proxy/exchange',
  'proxy/downstream',
  'proxy/listeners',
  'proxy/tcp',
  'dns',
  'tunnel/connector',
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
/** The first folder; in `tunnel/` and `proxy/` each folder is a room of its own, and the files beside the folders of `proxy/` are one. */
function room(name: string): string {
  const parts = name.split('/');
  const ofRooms = parts.length > 2 && (parts[0] === 'tunnel' || parts[0] === 'proxy');
  return parts.slice(0, ofRooms ? 2 : 1).join('/');
}

function allowed({ from, to }: Import): boolean {
  if (WIRING.has(room(from))) return true;
  if (WIRING.has(room(to))) return false;
  if (room(from) === room(to)) return room(from) !== 'resources' || resourceMayImport(from, to);
  return mayImport(from).some((entry) => to === entry || to.startsWith(`${entry}/`));
}

/** What the room of a file may import, and what the folder in it may besides. */
function mayImport(from: string): readonly string[] {
  const own = room(from);
  const folder = from.split('/').slice(0, 2).join('/');
  return [...(MAY_IMPORT[own] ?? []), ...(folder === own ? [] : (MAY_IMPORT[folder] ?? []))];
}

/**
 * Inside `resources/`: what lies beside the nouns, in the room of a few of them or in all, is for all and sees none; a noun sees of
 * another one what that is and what is allowed with it, never its routes.
 */
function resourceMayImport(from: string, to: string): boolean {
  const noun = nounOf(from);
  const other = nounOf(to);
  if (noun === null || other === null || noun === other) return true;
  return ['index', 'definition', 'fields', 'rules'].includes(path.basename(to));
}

/** `resources/<room>/<noun>/<file>`; null for a file beside the nouns. */
const nounOf = (name: string) => (name.split('/').length < 4 ? null : name.split('/').slice(1, 3).join('/'));

test('a folder imports only what the layering allows', () => {
  expect(ours.filter((entry) => !allowed(entry)).map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('resources run queries only in their stores', () => {
  const others = ours.filter(
    ({ from, to, typeOnly }) =>
      room(from) === 'resources' &&
      room(to) === 'storage' &&
      !typeOnly &&
      !/\/(store|definition)$/.test(from),
  );
  expect(others.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

/** What asks the system for the time, or has it wait. */
const SYSTEM_TIME = [
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bDate\(\)/,
  /\bperformance\b/,
  /\bhrtime\b/,
  /(?<![.\w#])set(?:Timeout|Interval)\b(?!\(ms: number|\(\): this)/,
  /\bAbortSignal\.timeout\b/,
  /['"](?:node:)?(?:timers|perf_hooks)(?:\/promises)?['"]/,
];

test('code goes by a clock that can be set, or by real time, and says which: net/ alone asks the system', () => {
  const asks = files
    .filter((file) => room(module(file)) !== 'net')
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line, index) => ({ line: line.trim(), at: `${module(file)}:${index + 1}` })),
    )
    .filter(({ line }) => !/^(?:\/?\*|\/\/)/.test(line) && SYSTEM_TIME.some((way) => way.test(line)));
  expect(asks.map(({ line, at }) => `${at} ${line}`)).toEqual([]);
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
    .filter(({ from }) => DATA_PLANE.has(room(from)) || from.startsWith('app/data-plane'))
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

/** What every noun has one of its own of, under the same word: its fields, what a body takes, what answers show, under which key it is found. */
const WORDS_OF_NOUNS = new Set([
  ...['fields', 'filters', 'name', 'answer', 'body', 'bodies', 'query', 'result', 'configuration'],
  ...['createBody', 'patchBody', 'putBody', 'listQuery', 'deleteQuery', 'accountParams'],
  ...['CreateBody', 'PatchBody', 'PutBody', 'ListQuery', 'Result'],
  ...['ownerKey', 'checkLimits', 'list', 'sent'],
]);

test('an exported name has one meaning', () => {
  const places = new Map<string, string[]>();
  for (const file of files.filter((one) => !WIRING.has(room(module(one))) || module(one).startsWith('app/')))
    for (const [, name] of readFileSync(file, 'utf8').matchAll(
      /^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm,
    ))
      places.set(name!, [...(places.get(name!) ?? []), module(file)]);
  const isOfNouns = (name: string, at: readonly string[]) =>
    WORDS_OF_NOUNS.has(name) && at.every((file) => room(file) === 'resources');
  const twice = [...places].filter(([name, at]) => at.length > 1 && !isOfNouns(name, at));
  expect(twice.map(([name, at]) => `${name}: ${at.join(', ')}`)).toEqual([]);
});
