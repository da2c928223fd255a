import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { AVOIDED_MS } from '../../src/tunnel/edge/reachability.js';
import type { OriginSocket } from '../../src/tunnel/egress/contract.js';
import { createFakeClock } from '../support/fake-clock.js';
import {
  cleanUp,
  connected,
  failure,
  startEdge,
  startRelay,
  type TestEdge,
  type TestTunnel,
  until,
} from './fixture.js';
import { connectCounting } from './raw-connector.js';

afterEach(cleanUp);

const accept = (stream: ServerHttp2Stream) => stream.respond({ ':status': 200 });
const refuse = (stream: ServerHttp2Stream) =>
  stream.respond(
    {
      ':status': 502,
      'cf-cloudflared-response-meta': JSON.stringify({ src: 'cloudflared', dial_error: 'EHOSTUNREACH' }),
    },
    { endStream: true },
  );

const connector = (edge: TestEdge, tunnel: TestTunnel) => connectCounting(edge, tunnel, accept);

/** The names of connectors that a socket was told to be doubtful. */
function doubtsOf(socket: OriginSocket): string[] {
  const told: string[] = [];
  socket.on('connectorDoubtful', (name: string) => told.push(name));
  return told;
}

/** Sockets to two ports through one connector, and one to the first port through another. */
async function carried() {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  const first = await connector(edge, tunnel);
  const socket = await connected(edge.dial(tunnel, 80));
  const elsewhere = await connected(edge.dial(tunnel, 81));
  const second = await connector(edge, tunnel);
  const beside = await connected(edge.dial(tunnel, 80));
  expect([first.asked, second.asked]).toEqual([2, 1]);
  return { edge, tunnel, first, second, socket, elsewhere, beside };
}

test('sockets hear that their connector is doubtful for their destination, and stay open', async () => {
  const { edge, tunnel, first, socket, elsewhere, beside } = await carried();
  const [told, toldElsewhere, toldBeside] = [socket, elsewhere, beside].map(doubtsOf);
  first.onStream = refuse;
  for (let count = 0; first.asked === 2 && count < 10; count += 1)
    await connected(edge.dial(tunnel, 80, { purpose: 'probe' }));
  await until(() => told!.length === 1);
  expect(told).toEqual([`connector ${first.clientId} (127.0.0.1)`]);
  expect([toldElsewhere, toldBeside]).toEqual([[], []]);
  expect(socket.destroyed).toBe(false);
});

test('they hear nothing while no connector reaches the destination, but as soon as one does again', async () => {
  const { edge, tunnel, first, second, socket } = await carried();
  const told = doubtsOf(socket);
  first.onStream = refuse;
  second.onStream = refuse;
  await failure(edge.dial(tunnel, 80));
  for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
  expect(told).toEqual([]);
  second.onStream = accept;
  await connected(edge.dial(tunnel, 80));
  await until(() => told.length === 1);
});

test('checks go through connectors in turn, whatever streams are open in them', async () => {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  const first = await connector(edge, tunnel);
  for (let count = 0; count < 5; count += 1) await connected(edge.dial(tunnel, 80));
  const second = await connector(edge, tunnel);
  for (let count = 0; count < 4; count += 1)
    for (const port of [80, 81]) {
      const socket = await connected(edge.dial(tunnel, port, { purpose: 'probe' }));
      socket.destroy();
    }
  expect([first.asked, second.asked]).toEqual([5 + 4, 4]);
});

test('a check does not begin with a connector that failed a moment ago', async () => {
  const clock = createFakeClock();
  const edge = await startEdge({ clock, pingIntervalMs: 1e9 });
  const tunnel = edge.addTunnel();
  const [dead, alive] = [await connector(edge, tunnel), await connector(edge, tunnel)];
  dead.onStream = refuse;
  const check = async () => (await connected(edge.dial(tunnel, 80, { purpose: 'probe' }))).destroy();
  for (let count = 0; count < 6; count += 1) await check();
  expect([dead.asked, alive.asked]).toEqual([1, 6]);
  clock.advance(AVOIDED_MS);
  for (let count = 0; count < 2; count += 1) await check();
  expect([dead.asked, alive.asked]).toEqual([2, 8]);
});

test('all connections of a connector are pinged when one has had a second for a dial, and end when they are dead', async () => {
  const clock = createFakeClock();
  const edge = await startEdge({ clock, pingIntervalMs: 1e9, pingTimeoutMs: 5_000 });
  const relay = await startRelay(edge.address);
  const tunnel = edge.addTunnel();
  await edge.connect(tunnel, { edge: relay.edge, connections: 2 });
  const other = await connector(edge, tunnel);
  await until(() => edge.edge.connections(tunnel.id).length === 3);
  relay.freeze();
  const socket = edge.dial(tunnel, 80, { purpose: 'probe' });
  clock.advance(1_000);
  await connected(socket);
  clock.advance(5_000);
  await until(() => edge.edge.connections(tunnel.id).length === 1);
  expect(edge.edge.connections(tunnel.id)[0]!.clientId).toBe(other.clientId);
});
