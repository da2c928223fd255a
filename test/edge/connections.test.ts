import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { openTransport, RegistrationRefused, type Transport } from '../../src/tunnel/connector/transport.js';
import type { RegisterRequest } from '../../src/tunnel/rpc/registration.js';
import {
  ACCOUNT,
  cleanUp,
  cleanUpLater,
  connected,
  failure,
  newTunnel,
  readExactly,
  silent,
  startEdge,
  startOrigin,
  startRelay,
  type TestEdge,
  testAuthority,
  tokenOf,
  until,
} from './fixture.js';
import { connectRaw, openRaw, requestOf } from './raw-connector.js';

afterEach(cleanUp);

async function transport({ address }: TestEdge, request: RegisterRequest): Promise<Transport> {
  const { caCertificate: ca } = await testAuthority();
  const opened = openTransport({
    edge: address,
    ca,
    request,
    serveStream: ({ stream }) => stream.close(),
    log: silent,
  });
  cleanUpLater(() => opened.destroy());
  return opened;
}

test('a registered connection is shown with what the connector said of itself', async () => {
  const started = await startEdge({ locationName: 'HERE01' });
  const tunnel = started.addTunnel();
  const clientId = randomUUID();
  await connectRaw(started, tunnel, () => {}, { clientId, connIndex: 2, version: '9.9', features: ['f'] });
  const [connection] = started.edge.connections(tunnel.id);
  expect(connection).toMatchObject({
    tunnelId: tunnel.id,
    clientId,
    clientVersion: '9.9',
    arch: 'linux_amd64',
    features: ['f'],
    connIndex: 2,
    coloName: 'HERE01',
    originIp: '127.0.0.1',
  });
  expect(connection!.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(started.events).toMatchObject([{ type: 'opened', connection }]);
});

test('the answer to a registration says whether the tunnel is managed remotely', async () => {
  const started = await startEdge({ locationName: 'HERE01' });
  for (const remotelyManaged of [true, false]) {
    const configuration = remotelyManaged ? { version: 1, config: '{}' } : null;
    const tunnel = started.addTunnel({ configuration });
    const { registered } = await transport(started, requestOf(tunnel.token));
    expect(await registered).toMatchObject({ registered: true, locationName: 'HERE01', remotelyManaged });
  }
});

test('streams are spread over the connections of all connectors of a tunnel', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const counts = [0, 0, 0];
  for (const connIndex of counts.keys()) {
    await connectRaw(
      started,
      tunnel,
      (stream) => {
        counts[connIndex]! += 1;
        stream.respond({ ':status': 200 });
      },
      { connIndex },
    );
  }
  for (let i = 0; i < 9; i += 1) await connected(started.dial(tunnel, 80));
  expect(counts).toEqual([3, 3, 3]);
});

test('streams that end at once are spread in turn', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const counts = [0, 0, 0];
  // Of one connector: another one would be asked after each failure.
  const clientId = randomUUID();
  for (const connIndex of counts.keys()) {
    await connectRaw(
      started,
      tunnel,
      (stream) => {
        counts[connIndex]! += 1;
        stream.respond({ ':status': 502 }, { endStream: true });
      },
      { clientId, connIndex },
    );
  }
  for (let i = 0; i < 9; i += 1) {
    const socket = started.dial(tunnel, 80);
    await failure(socket);
    await until(() => started.edge.connections(tunnel.id).length === 3);
  }
  expect(counts).toEqual([3, 3, 3]);
});

test('a tunnel is available from its first connection to its last', async () => {
  const { edge, addTunnel, connect, availability, events } = await startEdge();
  const tunnel = addTunnel();
  expect(edge.connected(tunnel.id)).toBe(false);
  const first = await connect(tunnel, { connections: 2 });
  const second = await connect(tunnel);
  await until(() => edge.connections(tunnel.id).length === 3);
  await first.close();
  expect(edge.connected(tunnel.id)).toBe(true);
  expect(availability).toEqual([[tunnel.id, true]]);
  await second.close();
  expect(edge.connected(tunnel.id)).toBe(false);
  expect(availability).toEqual([
    [tunnel.id, true],
    [tunnel.id, false],
  ]);
  expect(events.map(({ type }) => type)).toEqual([
    'opened',
    'opened',
    'opened',
    'closed',
    'closed',
    'closed',
  ]);
});

test('a connector with the wrong secret is refused, and the edge ends the session', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const request = requestOf(tokenOf(ACCOUNT, tunnel.id, randomBytes(32)));
  const { registered } = await transport(started, request);
  await expect(registered).rejects.toThrow(RegistrationRefused);
  await expect(registered).rejects.toThrow('Unauthorized: Invalid tunnel secret');
  const { session, registration } = await openRaw(started, request);
  await expect(registration).rejects.toThrow('Unauthorized: Invalid tunnel secret');
  if (!session.destroyed) await once(session, 'close');
  expect(started.events).toEqual([]);
});

test('an unknown tunnel and a tunnel of another account are not found', async () => {
  const started = await startEdge();
  const elsewhere = started.addTunnel({ accountId: 'f'.repeat(32) });
  for (const request of [
    requestOf(newTunnel().token),
    { ...requestOf(elsewhere.token), accountTag: ACCOUNT },
  ]) {
    const { registered } = await transport(started, request);
    await expect(registered).rejects.toThrow('Unauthorized: Tunnel not found');
  }
});

test('a new secret counts at the next registration, and live sessions stay', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  await (await transport(started, requestOf(tunnel.token))).registered;
  const rotated = started.addTunnel({ id: tunnel.id });
  expect(started.edge.connected(tunnel.id)).toBe(true);
  const old = await transport(started, requestOf(tunnel.token));
  await expect(old.registered).rejects.toThrow('Invalid tunnel secret');
  await (await transport(started, requestOf(rotated.token))).registered;
  expect(started.edge.connections(tunnel.id)).toHaveLength(2);
});

test('a deleted tunnel loses its connections, and its streams', async () => {
  const { addTunnel, removeTunnel, connect, dial, edge, availability } = await startEdge();
  const origin = await startOrigin();
  const [doomed, other] = [addTunnel(), addTunnel()];
  await connect(doomed);
  await connect(other);
  const lost = failure(await connected(dial(doomed, origin.port)));
  const kept = await connected(dial(other, origin.port));
  removeTunnel(doomed.id);
  expect((await lost).failure).toBe('reset');
  expect(edge.connected(doomed.id)).toBe(false);
  expect(availability).toContainEqual([doomed.id, false]);
  kept.write('alive');
  expect((await readExactly(kept, 5)).toString()).toBe('alive');
});

test('the same connection of the same connector replaces the old one without a gap', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const request = requestOf(tunnel.token);
  const first = await transport(started, request);
  await first.registered;
  const second = await transport(started, request);
  await second.registered;
  await first.closed;
  expect(started.edge.connections(tunnel.id)).toHaveLength(1);
  expect(started.availability).toEqual([[tunnel.id, true]]);
  expect(started.events.map(({ type }) => type)).toEqual(['opened', 'opened', 'closed']);
  expect(started.events[2]!.connection.id).toBe(started.events[0]!.connection.id);
});

test('a tunnel has 100 connections at most', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const open = async (connIndex: number) =>
    (await transport(started, requestOf(tunnel.token, { connIndex }))).registered;
  await Promise.all(Array.from({ length: 100 }, (_, connIndex) => open(connIndex)));
  await expect(open(100)).rejects.toThrow('has 100 connections, and may have 100');
});

test('drop ends the connections of one connector, or of all, and says how many', async () => {
  const { edge, addTunnel, connect } = await startEdge();
  const tunnel = addTunnel();
  const first = await connect(tunnel, { connections: 2 });
  await connect(tunnel);
  await until(() => edge.connections(tunnel.id).length === 3);
  expect(edge.drop(tunnel.id, randomUUID())).toBe(0);
  expect(edge.drop(tunnel.id, first.clientId)).toBe(2);
  expect(edge.connections(tunnel.id).map(({ clientId }) => clientId)).not.toContain(first.clientId);
  expect(edge.drop(tunnel.id, null)).toBe(1);
  expect(edge.connected(tunnel.id)).toBe(false);
  // They were dropped, not sent away.
  await until(() => edge.connections(tunnel.id).length === 3);
});

test('a connector that unregisters gets no new streams, and its open ones may end', async () => {
  const { edge, addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  const connector = await connect(tunnel, { gracePeriodMs: 20_000 });
  const socket = await connected(dial(tunnel, origin.port));
  const draining = once(socket, 'draining');
  const closed = connector.close();
  await draining;
  expect(edge.connected(tunnel.id)).toBe(false);
  expect((await failure(dial(tunnel, origin.port))).failure).toBe('no_connection');
  socket.write('last words');
  expect((await readExactly(socket, 10)).toString()).toBe('last words');
  socket.destroy();
  await closed;
});

test('an idle stream that is told of the draining does not hold the connector up', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  // Far longer than the test may take: only the end of the stream can end this connector.
  const connector = await connect(tunnel, { gracePeriodMs: 600_000 });
  const socket = await connected(dial(tunnel, origin.port));
  socket.once('draining', () => socket.destroy());
  await connector.close();
});

test('an edge that drains takes no connectors, and waits for the streams', async () => {
  const { edge, addTunnel, connect, dial, address } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = await connected(dial(tunnel, origin.port));
  let drained = false;
  const done = edge.drain(60_000).then(() => {
    drained = true;
  });
  expect(edge.connected(tunnel.id)).toBe(false);
  const { caCertificate: ca } = await testAuthority();
  const late = openTransport({
    edge: address,
    ca,
    request: requestOf(tunnel.token),
    serveStream: ({ stream }) => stream.close(),
    log: silent,
  });
  await expect(late.registered).rejects.toThrow('ECONNREFUSED');
  socket.write('still here');
  expect((await readExactly(socket, 10)).toString()).toBe('still here');
  expect(drained).toBe(false);
  socket.destroy();
  await done;
});

test('an edge that drains does not wait longer than it was told', async () => {
  const { edge, addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel);
  const lost = failure(await connected(dial(tunnel, origin.port)));
  await edge.drain(20);
  expect((await lost).failure).toBe('reset');
});

test('a connector that goes silent is dropped by the pings', async () => {
  const started = await startEdge({ pingIntervalMs: 20, pingTimeoutMs: 200 });
  const relay = await startRelay(started.address);
  const origin = await startOrigin();
  const [silentTunnel, healthy] = [started.addTunnel(), started.addTunnel()];
  await started.connect(silentTunnel, { edge: relay.edge });
  await started.connect(healthy);
  const lost = failure(await connected(started.dial(silentTunnel, origin.port)));
  relay.freeze();
  expect((await lost).message).toContain('ping not answered within 200 ms');
  expect(started.availability).toContainEqual([silentTunnel.id, false]);
  expect(started.edge.connected(healthy.id)).toBe(true);
});

test('closing does not wait for a connector that said it goes and then fell silent', async () => {
  const started = await startEdge();
  const relay = await startRelay(started.address);
  const tunnel = started.addTunnel();
  const raw = await connectRaw({ ...started, address: addressOf(relay) }, tunnel, () => {});
  raw.session.goaway();
  await until(() => started.events.at(-1)?.type === 'closed');
  relay.freeze();
  await started.edge.close();
  expect(started.edge.connections(tunnel.id)).toEqual([]);
});

function addressOf(relay: { readonly edge: readonly string[] }) {
  const [host, port] = relay.edge[0]!.split(':');
  return { host: host!, port: Number(port) };
}
