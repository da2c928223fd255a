import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { EMPTY_STRUCT, encodeAbort } from '../../src/tunnel/rpc/messages.js';
import {
  decodeRegisterResults,
  localConfigurationParams,
  REGISTRATION_METHOD,
  type RegisterRequest,
  registerParams,
} from '../../src/tunnel/rpc/registration.js';
import { ACCOUNT, cleanUp, newTunnel, startEdge, type TestEdge, tokenOf } from './fixture.js';
import { type Caller, openCaller, requestOf } from './raw-connector.js';

afterEach(cleanUp);

const register = ({ rpc }: Caller, request: RegisterRequest) =>
  rpc.call(REGISTRATION_METHOD.registerConnection, registerParams(request)).then(decodeRegisterResults);
const unregister = ({ rpc }: Caller) => rpc.call(REGISTRATION_METHOD.unregisterConnection, EMPTY_STRUCT);
const tell = ({ rpc }: Caller, json: string) =>
  rpc.call(REGISTRATION_METHOD.updateLocalConfiguration, localConfigurationParams(Buffer.from(json)));

async function registered(edge: TestEdge, values: Partial<RegisterRequest> = {}) {
  const tunnel = edge.addTunnel();
  const caller = await openCaller(edge);
  const answer = await register(caller, requestOf(tunnel.token, values));
  expect(answer.registered).toBe(true);
  return { ...caller, tunnel };
}

/** Resolves when the edge has ended the session. */
async function ended({ session }: Caller): Promise<void> {
  if (!session.destroyed) await once(session, 'close');
}

/** Resolves when the edge has read what was sent before. */
const roundTrip = ({ session }: Caller) =>
  new Promise<void>((resolve) => session.ping(() => setImmediate(resolve)));

test.each<[string, (edge: TestEdge) => string, string]>([
  [
    'with the wrong secret',
    (edge) => tokenOf(ACCOUNT, edge.addTunnel().id, randomBytes(32)),
    'Unauthorized: Invalid tunnel secret',
  ],
  [
    'with a secret that is too short',
    (edge) => tokenOf(ACCOUNT, edge.addTunnel().id, Buffer.from('x')),
    'Unauthorized: Invalid tunnel secret',
  ],
  ['of an unknown tunnel', () => newTunnel().token, 'Unauthorized: Tunnel not found'],
  [
    'of a deleted tunnel',
    (edge) => {
      const { id, token } = edge.addTunnel();
      edge.removeTunnel(id);
      return token;
    },
    'Unauthorized: Tunnel not found',
  ],
  [
    'that claims the tunnel of another account, with its secret',
    (edge) => {
      const { id } = edge.addTunnel();
      const elsewhere = newTunnel({ id, accountId: 'f'.repeat(32) });
      edge.addTunnel({ ...edge.store.snapshot.tunnels.get(id)!, secretSha256: elsewhere.live.secretSha256 });
      return elsewhere.token;
    },
    'Unauthorized: Tunnel not found',
  ],
])('a connector %s hears why, and the edge ends the session', async (_who, tokenFor, cause) => {
  const edge = await startEdge();
  const caller = await openCaller(edge);
  const answer = await register(caller, requestOf(tokenFor(edge)));
  expect(answer).toEqual({ registered: false, cause, shouldRetry: true, retryAfterMs: 5_000 });
  // What it says after that is heard by nobody.
  caller.control.write(Buffer.alloc(64, 0xff));
  await ended(caller);
  expect(edge.events).toEqual([]);
});

test('a full tunnel is refused without the word that makes cloudflared try for ever', async () => {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  const { token } = tunnel;
  const callers = await Promise.all(Array.from({ length: 101 }, () => openCaller(edge)));
  const answers = await Promise.all(callers.map((caller) => register(caller, requestOf(token))));
  const refused = answers.filter((answer) => !answer.registered);
  expect(refused).toEqual([
    {
      registered: false,
      cause: 'The tunnel has 100 connections, and may have 100',
      shouldRetry: true,
      retryAfterMs: 5_000,
    },
  ]);
  await ended(callers[answers.findIndex((answer) => !answer.registered)]!);
  expect(edge.edge.connections(tunnel.id)).toHaveLength(100);
});

const id = (bytes: number) => '11'.repeat(bytes);
test.each<[string, Partial<RegisterRequest>]>([
  ['a tunnel id of 15 bytes', { tunnelId: id(15) }],
  ['a tunnel id of 17 bytes', { tunnelId: id(17) }],
  ['no tunnel id', { tunnelId: '' }],
  ['a connector id of 15 bytes', { clientId: id(15) }],
  ['no connector id', { clientId: '' }],
  ['65 features', { features: Array(65).fill('x') }],
  ['5,000 features', { features: Array(5_000).fill('x') }],
  ['a huge feature', { features: ['x'.repeat(257)] }],
  ['a huge version', { version: 'x'.repeat(257) }],
  ['a huge architecture', { arch: 'x'.repeat(257) }],
  ['a huge account', { accountTag: 'x'.repeat(257) }],
  ['a huge secret', { tunnelSecret: Buffer.alloc(1_025) }],
  ['more than any registration has', { version: 'x'.repeat(100_000) }],
])('a registration with %s ends the session without an answer', async (_what, values) => {
  const edge = await startEdge();
  const { token } = edge.addTunnel();
  const caller = await openCaller(edge);
  const answer = register(caller, { ...requestOf(token), ...values });
  await expect(answer).rejects.toThrow('closed the control stream');
  await ended(caller);
  expect(edge.events).toEqual([]);
});

test('a registration without any field ends the session without an answer', async () => {
  const edge = await startEdge();
  const caller = await openCaller(edge);
  const answer = caller.rpc.call(REGISTRATION_METHOD.registerConnection, EMPTY_STRUCT);
  await expect(answer).rejects.toThrow('closed the control stream');
  await ended(caller);
});

test('a connector need not say anything of itself, and may have any index', async () => {
  const edge = await startEdge();
  const { tunnel } = await registered(edge, { features: [], version: '', arch: '', connIndex: 255 });
  expect(edge.edge.connections(tunnel.id)).toMatchObject([
    { features: [], clientVersion: '', arch: '', connIndex: 255 },
  ]);
});

test('one connection registers once', async () => {
  const edge = await startEdge();
  const caller = await registered(edge);
  await expect(register(caller, requestOf(caller.tunnel.token))).rejects.toThrow('closed the control stream');
  await ended(caller);
  expect(edge.events.map(({ type }) => type)).toEqual(['opened', 'closed']);
});

test('a connector may say goodbye twice, and has nothing else to say after that', async () => {
  const edge = await startEdge();
  const caller = await registered(edge);
  const told: string[] = [];
  edge.edge.onLocalConfiguration((_tunnelId, config) => told.push(config));
  const [first, second, late] = [unregister(caller), unregister(caller), tell(caller, '{}')];
  await Promise.all([first, second]);
  await expect(late).rejects.toThrow('the connection has been unregistered');
  expect(told).toEqual([]);
  expect(edge.events.map(({ type }) => type)).toEqual(['opened', 'closed']);
  caller.control.end();
  await ended(caller);
});

test('a goodbye of a connector that has not registered ends the session', async () => {
  const edge = await startEdge();
  const caller = await openCaller(edge);
  await expect(unregister(caller)).rejects.toThrow('closed the control stream');
  await ended(caller);
});

test('after its abort nobody listens to a connector any more, and its streams go on', async () => {
  const edge = await startEdge();
  const caller = await registered(edge);
  caller.control.write(encodeAbort('shutdown'));
  unregister(caller).catch(() => {});
  register(caller, requestOf(caller.tunnel.token)).catch(() => {});
  await roundTrip(caller);
  expect(edge.events.map(({ type }) => type)).toEqual(['opened']);
  expect(edge.edge.connected(caller.tunnel.id)).toBe(true);
});

test('a connector that tells its configuration again and again is not listened to for ever', async () => {
  const edge = await startEdge();
  const caller = await registered(edge);
  let told = 0;
  edge.edge.onLocalConfiguration(() => {
    told += 1;
  });
  const tries = await Promise.allSettled(Array.from({ length: 100 }, () => tell(caller, '{}')));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
  expect(told).toBe(16);
  expect(edge.edge.connected(caller.tunnel.id)).toBe(true);
});

test('what a connector tells of its own configuration is passed on as it is, for locally managed tunnels alone', async () => {
  const edge = await startEdge();
  const caller = await registered(edge);
  const told: [string, string][] = [];
  edge.edge.onLocalConfiguration((tunnelId, config) => told.push([tunnelId, config]));
  const config = '{ "ingress": [{ "service": "http://zwölf" }] }';
  await tell(caller, config);
  for (const bad of ['', '[]', '"x"', '{'])
    await expect(tell(caller, bad)).rejects.toThrow('the configuration is no JSON object');
  edge.addTunnel({ id: caller.tunnel.id, configuration: { version: 1, config: '{}' } });
  await tell(caller, '{"ingress":[]}');
  expect(told).toEqual([[caller.tunnel.id, config]]);
});
