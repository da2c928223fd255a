import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PERMISSION_GROUPS, type PermissionGroup } from '../../src/api/permission-groups.js';
import { servedOperations } from '../../src/app/openapi-document.js';
import { type Api, apiOf } from '../support/api.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';

/** One line of docs/permissions.md. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly on: string;
  /** Names of permissions, or the words of the page for something else. */
  readonly needs: readonly string[];
}

const PAGE = readFileSync(path.resolve(import.meta.dirname, '../../docs/permissions.md'), 'utf8');
const OPERATIONS: readonly Operation[] = [...PAGE.matchAll(/^\| `(\S+) (\S+)` \| (.*?) ?\| (.*) \|$/gm)].map(
  ([, method, path, on, needs]) => ({ method: method!, path: path!, on: on!, needs: needs!.split(', ') }),
);
/** Done in earnest they would take away what the other attempts are about; they are tried last. */
const DELETIONS = ['DELETE /accounts/{account_id}', 'DELETE /zones/{zone_id}'];

/** What is no identifier where one stands is an unknown path, before a word about permissions. */
const UUID = 'ffffffff-ffff-4fff-bfff-ffffffffffff';
const MASTER = 'a-token-that-may-do-everything-0123456';
const ACCOUNT = 'com.cloudflare.api.account';
let offramp: RunningOfframp;
let api: Api;
let userId: string;
let other: { readonly account: string; readonly zone: string };
beforeAll(async () => {
  offramp = await startOfframp(['--api-token', MASTER, '--api-date=2000-01-01']);
  api = apiOf(offramp, MASTER);
  userId = (await api.get('/user')).body.result.id;
  const account = (await api.create('/accounts', { name: 'Other' })).id;
  const zone = (await api.create('/zones', { name: 'other.test', account: { id: account } })).id;
  other = { account, zone };
});
afterAll(() => offramp.stop());

type Resources = Readonly<Record<PermissionGroup['scope'], string>>;
const here = (): Resources => ({
  account: `${ACCOUNT}.${offramp.accountId}`,
  zone: `${ACCOUNT}.zone.${offramp.zoneId}`,
  user: `com.cloudflare.api.user.${userId}`,
});
const elsewhere = (): Resources => ({
  ...here(),
  account: `${ACCOUNT}.${other.account}`,
  zone: `${ACCOUNT}.zone.${other.zone}`,
});
const everywhere = (): Resources => ({ ...here(), account: `${ACCOUNT}.*`, zone: `${ACCOUNT}.zone.*` });

function policies(groups: readonly PermissionGroup[], resources: Resources, effect = 'allow') {
  return groups.map(({ id, scope }) => ({
    effect,
    permission_groups: [{ id }],
    resources: { [resources[scope]]: '*' },
  }));
}

const ofUser = async (...parts: object[][]): Promise<string> =>
  (await api.create('/user/tokens', { name: 'tried', policies: parts.flat() })).value;
const ofAccount = async (account: string, ...parts: object[][]): Promise<string> =>
  (await api.create(`/accounts/${account}/tokens`, { name: 'tried', policies: parts.flat() })).value;

const urlOf = ({ path }: Operation) =>
  path.startsWith('/_offramp/')
    ? new URL(path, offramp.apiUrl).href
    : offramp.apiUrl +
      path
        .replace('{account_id}', offramp.accountId)
        .replace('{zone_id}', offramp.zoneId)
        .replace('{address_family}', 'v4')
        .replace('{resource}', 'logs')
        .replace('{region_id}', 'WNAM')
        .replace(/\{(?:tunnel|connector|route|virtual_network|hostname_route|subnet)_id\}/g, UUID)
        .replaceAll(/\{(\w+)\}/g, 'f'.repeat(32));

interface Sent {
  readonly body: string;
  readonly type: string;
}

/** Nothing that the operation could take, but for what says which account it is about. */
const nothingIn = ({ path }: Operation): Sent => ({
  body: JSON.stringify(path === '/zones' ? { account: { id: offramp.accountId } } : {}),
  type: 'application/json',
});
const UNREADABLE: readonly Sent[] = [
  { body: 'x', type: 'application/json' },
  { body: '{}', type: 'text/plain' },
];

const CONCURRENCY = 16;
const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY });
afterAll(() => agent.destroy());

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];
/** Deletions have no body unless one is given. */
async function attempt(operation: Operation, value: string, sent?: Sent): Promise<number> {
  const authorization = `Bearer ${value}`;
  const { body, type } = sent ?? nothingIn(operation);
  const sends = sent !== undefined || ['POST', 'PUT', 'PATCH'].includes(operation.method);
  // Of tens of thousands of requests, fetch would take most of the time.
  const request = http.request(urlOf(operation), {
    method: operation.method,
    headers: sends
      ? { authorization, 'content-type': type, 'content-length': Buffer.byteLength(body) }
      : { authorization },
    agent,
  });
  request.end(sends ? body : undefined);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode!;
}

type May = (operation: Operation) => boolean;

/**
 * Tries every operation, and each write that is refused with bodies that nobody can read as well; answers those whose answer is not
 * what the page says. Of those that are allowed `elsewhere` the body decides.
 */
async function wrongAnswers(value: string, may: May, elsewhere: May = () => false): Promise<string[]> {
  const wrong: string[] = [];
  const left = OPERATIONS.filter(
    (one) => !(DELETIONS.includes(`${one.method} ${one.path}`) && may(one)),
  ).values();
  const work = async () => {
    for (const operation of left) {
      const status = await attempt(operation, value);
      const refusal = operation.needs[0]!.startsWith('any token of the') ? 401 : 403;
      const right = may(operation) ? status < 500 && status !== 401 && status !== 403 : status === refusal;
      if (!right) wrong.push(`${operation.method} ${operation.path}: ${status}`);
      if (may(operation) || elsewhere(operation) || !WRITES.includes(operation.method)) continue;
      for (const sent of UNREADABLE) {
        const refused = await attempt(operation, value, sent);
        if (refused !== refusal)
          wrong.push(`${operation.method} ${operation.path} with ${sent.body}: ${refused}`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return wrong.sort();
}

const open: May = ({ needs }) => needs[0] === 'no credential needed' || needs[0] === 'any token';
/** What a token of the user may do with these permissions on these kinds of objects. */
const userMay =
  (groups: readonly PermissionGroup[], on: readonly string[]): May =>
  (operation) => {
    if (open(operation) || operation.needs[0] === 'any token of the user') return true;
    if (!on.includes(operation.on)) return false;
    return operation.needs[0] === 'any permission on it'
      ? groups.some(({ scope }) => operation.on === `the ${scope}`)
      : groups.some(({ name }) => operation.needs.includes(name));
  };
const OBJECTS = ['the account', 'the zone', 'the user'];
const ALL_OBJECTS = [...OBJECTS, 'every account', 'every zone of the account'];

test('the page has each operation that is served', async () => {
  const served = (await servedOperations()).map(({ method, path }) => `${method} ${path}`);
  expect(OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(served.sort());
  expect(served.length).toBeGreaterThan(150);
});

test.each(PERMISSION_GROUPS.map((group) => [group.name, group] as const))(
  'a token with %s alone does what the page says and nothing else',
  async (_name, group) => {
    const value = await ofUser(policies([group], here()));
    expect(await wrongAnswers(value, userMay([group], OBJECTS))).toEqual([]);
  },
);

test('every permission on another account and its zone opens nothing here', async () => {
  const groups = PERMISSION_GROUPS.filter(({ scope }) => scope !== 'user');
  const value = await ofUser(policies(groups, elsewhere()));
  expect(await wrongAnswers(value, userMay([], []))).toEqual([]);
});

test('every permission everywhere opens all that tokens may do', async () => {
  const value = await ofUser(policies(PERMISSION_GROUPS, everywhere()));
  expect(await wrongAnswers(value, userMay(PERMISSION_GROUPS, ALL_OBJECTS))).toEqual([]);
});

test('what is denied here is closed, although it is allowed everywhere', async () => {
  const allowed = policies(PERMISSION_GROUPS, everywhere());
  const denied = policies(PERMISSION_GROUPS, here(), 'deny');
  const value = await ofUser(allowed, denied);
  expect(await wrongAnswers(value, userMay([], []))).toEqual([]);
});

test('a token of the account opens what is of the account, and nothing of the user', async () => {
  const groups = PERMISSION_GROUPS.filter(({ scope }) => scope !== 'user');
  const value = await ofAccount(
    offramp.accountId,
    policies(groups, { ...here(), zone: `${ACCOUNT}.zone.*` }),
  );
  const may = userMay(groups, ['the account', 'the zone', 'every zone of the account']);
  const ofItsAccount: May = (operation) =>
    operation.needs[0] === 'any token of the account' ||
    (operation.needs[0] !== 'any token of the user' && may(operation));
  expect(await wrongAnswers(value, ofItsAccount)).toEqual([]);
});

test('a token of another account opens nothing here', async () => {
  const groups = PERMISSION_GROUPS.filter(({ scope }) => scope !== 'user');
  const value = await ofAccount(
    other.account,
    policies(groups, { ...elsewhere(), zone: `${ACCOUNT}.zone.*` }),
  );
  const newZones: May = ({ method, path }) => `${method} ${path}` === 'POST /zones';
  expect(await wrongAnswers(value, open, newZones)).toEqual([]);
});

test('a zone and an account are deleted by who may, which was not tried before', async () => {
  const named = (name: string) => PERMISSION_GROUPS.filter((group) => group.name === name);
  const zones = await ofUser(policies(named('Zone Write'), here()));
  const settings = await ofUser(policies(named('Account Settings Write'), here()));
  const [account, zone] = DELETIONS.map((name) =>
    OPERATIONS.find(({ method, path }) => name === `${method} ${path}`),
  );
  expect(await attempt(zone!, zones)).toBe(200);
  expect(await attempt(account!, settings)).toBe(200);
});
