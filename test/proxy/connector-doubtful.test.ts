import { randomUUID } from 'node:crypto';
import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import type { OffRamps } from '../../src/tunnel/egress/contract.js';
import { cleanUp, connected, startEdge } from '../edge/fixture.js';
import { connectRaw } from '../edge/raw-connector.js';
import { until } from '../support/prober-bench.js';
import { newest } from '../support/request-filters.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

afterEach(cleanUp);

const PORT = 8080;
const request = (method: string) => `${method} / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 0\r\n\r\n`;

const refuse = (stream: ServerHttp2Stream) =>
  stream.respond(
    { ':status': 502, 'cf-cloudflared-response-meta': '{"src":"cloudflared"}' },
    { endStream: true },
  );

/** Connects, and its origin takes requests without an answer, or begins one. */
const silent =
  (partly = '') =>
  (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 });
    if (partly) stream.on('data', () => stream.write(partly));
  };

const answering = (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200 });
  stream.on('data', () => stream.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
};

/** A proxy whose one origin is behind a tunnel, and the tunnel's connectors. */
async function tunnelled() {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  const offramps: OffRamps = {
    select: () => ({ kind: 'tunnel', tunnelId: tunnel.id, routeId: 'route' }),
    mayDial: () => true,
    dial: (origin, port, options) => edge.edge.dial(tunnel.id, { host: origin.address, port }, options),
    request: () => {
      throw new Error('not behind ingress rules');
    },
    connectors: () => edge.edge.connectors(tunnel.id, `127.0.0.1:${PORT}`),
  };
  const rig = await startRig({ origins: [PORT], offramps });

  async function connector(onStream: (stream: ServerHttp2Stream) => void) {
    /** `requests`: streams that got bytes; `left`: those of them that are closed. */
    const one = { asked: 0, requests: 0, left: 0, onStream };
    await connectRaw(
      edge,
      tunnel,
      (stream) => {
        one.asked += 1;
        stream.on('error', () => {});
        one.onStream(stream);
        stream.once('data', () => {
          one.requests += 1;
          stream.once('close', () => (one.left += 1));
        });
      },
      { clientId: randomUUID() },
    );
    return one;
  }
  /** Health checks until one has found out about the connector. */
  async function checkThrough(one: { readonly asked: number }) {
    const before = one.asked;
    for (let count = 0; one.asked === before && count < 10; count += 1)
      (await connected(edge.dial(tunnel, PORT, { purpose: 'probe' }))).destroy();
  }
  return { rig, connector, checkThrough };
}

async function sent(port: number, text: string) {
  const client = await rawClient(port);
  client.send(text);
  return client;
}

test('a GET without a byte of an answer goes through another connector when its own does not reach the origin', async () => {
  const { rig, connector, checkThrough } = await tunnelled();
  const dead = await connector(silent());
  const client = await sent(rig.port, request('GET'));
  await until(() => dead.requests === 1);
  await connector(answering);
  dead.onStream = refuse;
  await checkThrough(dead);
  await client.receive((text) => text.endsWith('ok'));
  await until(() => dead.left === 1);
  expect(rig.load.outstanding('pool')).toBe(0);
  expect(rig.requests.find(newest(1))[0]).toMatchObject({
    status: 200,
    failedAttempts: [
      {
        failure: 'connector_doubtful',
        detail: expect.stringMatching(/^connector \S+ \(127\.0\.0\.1\) was found/),
      },
    ],
  });
});

test('a POST waits on, and so does what has begun to be answered', async () => {
  for (const [method, partly] of [
    ['POST', ''],
    ['GET', 'HTTP/1.1 20'],
  ] as const) {
    const { rig, connector, checkThrough } = await tunnelled();
    const dead = await connector(silent(partly));
    const client = await sent(rig.port, request(method));
    await until(() => dead.requests === 1);
    await connector(answering);
    dead.onStream = refuse;
    await checkThrough(dead);
    // By its answer everything that the doubt brings has been done.
    await (await sent(rig.port, request('GET'))).receive((text) => text.endsWith('ok'));
    expect([dead.requests, dead.left]).toEqual([1, 0]);
    expect(client.socket.bytesRead).toBe(0);
  }
});

test('connections at rest through a connector that does not reach the origin are not used again', async () => {
  const { rig, connector, checkThrough } = await tunnelled();
  const dead = await connector(answering);
  const client = await sent(rig.port, request('GET'));
  await client.receive((text) => text.endsWith('ok'));
  expect(rig.load.connections('pool')).toBe(1);
  const alive = await connector(answering);
  dead.onStream = refuse;
  await checkThrough(dead);
  await until(() => rig.load.connections('pool') === 0);
  const checks = alive.asked;
  client.send(request('GET'));
  await client.receive((text) => text.match(/ok/g)?.length === 2);
  expect([dead.asked, alive.asked]).toEqual([2, checks + 1]);
});

test('a request leaves connectors twice at most', async () => {
  const { rig, connector, checkThrough } = await tunnelled();
  let current = await connector(silent());
  await sent(rig.port, request('GET'));
  for (let moves = 0; moves < 2; moves += 1) {
    await until(() => current.requests === 1);
    const next = await connector(silent());
    current.onStream = refuse;
    await checkThrough(current);
    await until(() => current.left === 1);
    current = next;
  }
  await until(() => current.requests === 1);
  await connector(answering);
  current.onStream = refuse;
  await checkThrough(current);
  // By its answer everything that the doubt brings has been done.
  await (await sent(rig.port, request('GET'))).receive((text) => text.endsWith('ok'));
  expect([current.requests, current.left]).toEqual([1, 0]);
});
