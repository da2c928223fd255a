import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { eventually } from '../support/waiting.js';
import { ask } from './ask.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, type Rig, type RigOptions, startRig } from './rig.js';

const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const UPGRADE =
  `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

const keyOf = (port: number) => `127.0.0.1:${port}`;
const counts = ({ load }: Rig, port: number) => [
  load.outstanding('a', keyOf(port)),
  load.connections('a', keyOf(port)),
];
const total = ({ load }: Rig) => [load.outstanding('a'), load.connections('a')];

const rigOf = (ports: readonly number[], rest: RigOptions = {}) =>
  startRig({
    ...rest,
    upsert: {
      pool: [
        unmonitoredPool({
          id: 'a',
          // The first has nearly all the weight.
          origins: ports.map((port, index) => liveOrigin({ port, weight: index === 0 ? 1 : 1e-12 })),
        }),
      ],
      load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['a'] })],
    },
  });

/** Gives a hand on each connection that it gets data on. */
async function heldOrigin() {
  const sockets: Socket[] = [];
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => sockets.push(socket));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
  });
  return { port: origin.port, sockets, asked: (count: number) => eventually(() => sockets.length === count) };
}

test('a request counts until its response is complete, a connection until it is closed', async () => {
  const origin = await heldOrigin();
  const rig = await rigOf([origin.port]);
  const client = await rawClient(rig.port);
  client.send(GET);
  await origin.asked(1);
  expect(counts(rig, origin.port)).toEqual([1, 1]);
  origin.sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha');
  await client.receive((text) => text.endsWith('ha'));
  expect(counts(rig, origin.port)).toEqual([1, 1]);
  origin.sockets[0]!.write('lf');
  await client.receive((text) => text.endsWith('half'));
  expect(counts(rig, origin.port)).toEqual([0, 1]);
  origin.sockets[0]!.destroy();
  await eventually(() => rig.load.connections('a', keyOf(origin.port)) === 0);
});

test('an upgraded request counts as long as its connection lives', async () => {
  const origin = await heldOrigin();
  const rig = await rigOf([origin.port]);
  const client = await rawClient(rig.port);
  client.send(UPGRADE);
  await origin.asked(1);
  origin.sockets[0]!.write(SWITCHED);
  await client.receive((text) => text.includes(' 101 '));
  expect(counts(rig, origin.port)).toEqual([1, 1]);
  client.socket.destroy();
  await eventually(() => total(rig).join() === '0,0');
});

test('a retry counts for the origin that it goes to', async () => {
  const origin = await heldOrigin();
  const rig = await rigOf([9, origin.port], { failures: { '127.0.0.1:9': 'refused' } });
  const client = await rawClient(rig.port);
  client.send(GET);
  await origin.asked(1);
  expect([counts(rig, 9), counts(rig, origin.port)]).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test('a client that goes away while its origin is dialled counts no longer', async () => {
  const rig = await rigOf([9], { failures: { '127.0.0.1:9': 'never connects' } });
  const client = await rawClient(rig.port);
  client.send(GET);
  await eventually(() => rig.dialled.length === 1);
  expect(counts(rig, 9)).toEqual([1, 0]);
  client.socket.destroy();
  await eventually(() => total(rig).join() === '0,0');
});

test('after good, failing, slow, broken, aborted and upgraded requests and a drain all counts are 0', async () => {
  const good = await httpOrigin((request, response) => {
    request.resume();
    if (request.url === '/broken') response.write('x', () => response.destroy());
    else if (request.url === '/garbage') request.socket.end('garbage\r\n\r\n');
    else if (request.url === '/204') response.writeHead(204).end();
    else if (request.url !== '/silent') response.end('x'.repeat(request.url === '/big' ? 300_000 : 3));
  });
  const rig = await rigOf([9, good.port], {
    failures: { '127.0.0.1:9': 'refused' },
    timeouts: { originHead: 100 },
  });
  const kinds = ['/', '/204', '/big', '/broken', '/garbage', '/silent', '/'];
  const answers = await Promise.allSettled(
    kinds.flatMap((path) => [
      ask(rig.port, { path }),
      ask(rig.port, { path, method: 'POST', body: 'y'.repeat(70_000) }),
    ]),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(8);
  for (let i = 0; i < 5; i++) {
    const client = await rawClient(rig.port);
    client.send(i % 2 ? GET.replace('/ ', '/silent ') : `${GET}${GET}`);
    if (i % 2) await eventually(() => rig.load.outstanding('a') > 0);
    client.socket.destroy();
  }
  const upgraded = await rawClient(rig.port);
  upgraded.send(UPGRADE);
  await rig.proxy.drain(200);
  await eventually(() => total(rig).join() === '0,0');
});
