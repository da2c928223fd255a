import { expect, test } from 'vitest';
import { liveLoadBalancer, liveOrigin, livePool } from '../support/live-objects.js';
import { until } from '../support/prober-bench.js';
import { newest } from '../support/request-filters.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, type Rig, type RigOptions, setHealth, startRig } from './rig.js';

const request = (method: string, length = 0) =>
  `${method} / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

/** Takes requests and never answers, or with `partly` begins to; counts them. */
async function silentOrigin(partly = '') {
  const seen = { requests: 0, closed: 0, port: 0 };
  const { port } = await rawOrigin((socket) => {
    socket.on('error', () => {});
    socket.once('end', () => (seen.closed += 1));
    socket.on('data', () => {
      seen.requests += 1;
      if (partly) socket.write(partly);
    });
  });
  seen.port = port;
  return seen;
}

const echo = () =>
  httpOrigin((request, response) => {
    let length = 0;
    request.on('data', (piece: Buffer) => {
      length += piece.length;
    });
    request.on('end', () => response.end(`${request.method} ${length} from the other`));
  });

/** Two monitored origins that are healthy; nearly all goes to the first. */
async function pair(first: number, second: number, options: RigOptions = {}) {
  const rig = await startRig({
    ...options,
    upsert: {
      pool: [
        livePool({
          id: 'pool',
          origins: [liveOrigin({ port: first, weight: 1 }), liveOrigin({ port: second, weight: 1e-12 })],
        }),
      ],
      load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['pool'] })],
      ...options.upsert,
    },
  });
  setHealth(rig, 'pool', first, 'healthy');
  setHealth(rig, 'pool', second, 'healthy');
  return rig;
}

async function sent(rig: Rig, text: string) {
  const client = await rawClient(rig.port);
  client.send(text);
  return client;
}

test.each([
  ['GET', 0],
  ['DELETE', 0],
  ['PUT', 1000],
])(
  'a %s of which an origin has not answered a byte goes elsewhere when the origin is found down',
  async (method, length) => {
    const [silent, other] = [await silentOrigin(), await echo()];
    const rig = await pair(silent.port, other.port);
    const client = await sent(rig, request(method, length));
    await until(() => silent.requests === 1);
    setHealth(rig, 'pool', silent.port, 'unhealthy');
    await client.receive((text) => text.includes(`${method} ${length} from the other`));
    await until(() => silent.closed === 1);
    expect(rig.load.outstanding('pool')).toBe(0);
    expect(rig.requests.find(newest(1))[0]).toMatchObject({
      status: 200,
      failedAttempts: [{ failure: 'found_down' }],
    });
  },
);

test('a POST that was sent waits on for its origin, and so does what has begun to be answered', async () => {
  const other = await echo();
  for (const [text, partly] of [
    [request('POST', 3), ''],
    [GET, 'HTTP/1.1 20'],
  ] as const) {
    const silent = await silentOrigin(partly);
    const rig = await pair(silent.port, other.port);
    const client = await sent(rig, text);
    await until(() => silent.requests === 1);
    setHealth(rig, 'pool', silent.port, 'unhealthy');
    // By the next request everything of the verdict has been done.
    await (await sent(rig, GET)).receive((received) => received.includes('from the other'));
    expect(silent.closed).toBe(0);
    expect(client.socket.bytesRead).toBe(0);
  }
});

test('with nowhere to go waiting goes on: the origin may still answer', async () => {
  let answer: (() => void) | undefined;
  const slow = await httpOrigin((_request, response) => {
    answer = () => response.end('at last');
  });
  const alone = await pair(slow.port, 9);
  setHealth(alone, 'pool', 9, 'unhealthy');
  const client = await sent(alone, GET);
  await until(() => answer);
  setHealth(alone, 'pool', slow.port, 'unhealthy');
  await new Promise(setImmediate);
  answer!();
  await client.receive((text) => text.endsWith('at last'));
});

/** A pool of origins that are asked in this order while all of them are healthy, and another pool that is next. */
async function inOrder(ports: readonly number[], next: number, failures: RigOptions['failures'] = {}) {
  const rig = await startRig({
    failures,
    upsert: {
      pool: [
        livePool({
          id: 'pool',
          origins: ports.map((port, index) => liveOrigin({ port, weight: 1e-12 ** index })),
        }),
        livePool({ id: 'next', origins: [liveOrigin({ port: next })] }),
      ],
      load_balancer: [
        liveLoadBalancer({ name: HOST, defaultPools: ['pool', 'next'], failoverAcrossPools: true }),
      ],
    },
  });
  for (const port of ports) setHealth(rig, 'pool', port, 'healthy');
  setHealth(rig, 'next', next, 'healthy');
  return rig;
}

test('to leave an origin that was found down uses up no retry: a failure after it has its own', async () => {
  const [silent, other] = [await silentOrigin(), await echo()];
  const rig = await inOrder([silent.port, 9], other.port, { '127.0.0.1:9': 'refused' });
  const client = await sent(rig, GET);
  await until(() => silent.requests === 1);
  setHealth(rig, 'pool', silent.port, 'unhealthy');
  await client.receive((text) => text.includes('from the other'));
  expect(rig.requests.find(newest(1))[0]).toMatchObject({
    status: 200,
    failedAttempts: [{ failure: 'found_down' }, { failure: 'refused' }],
  });
});

test('a request leaves its second origin, too, when that is found down, and after a retry', async () => {
  const [one, two, other] = [await silentOrigin(), await silentOrigin(), await echo()];
  const rig = await inOrder([9, one.port, two.port], other.port, { '127.0.0.1:9': 'refused' });
  const client = await sent(rig, GET);
  for (const silent of [one, two]) {
    await until(() => silent.requests === 1);
    setHealth(rig, 'pool', silent.port, 'unhealthy');
  }
  await client.receive((text) => text.includes('from the other'));
  expect(rig.requests.find(newest(1))[0]).toMatchObject({
    failedAttempts: [{ failure: 'refused' }, { failure: 'found_down' }, { failure: 'found_down' }],
  });
});

test('a request goes to each origin once, however often they are found down and healthy again', async () => {
  const silent = [await silentOrigin(), await silentOrigin(), await silentOrigin()];
  const [one, two, three] = silent as [(typeof silent)[0], (typeof silent)[0], (typeof silent)[0]];
  const rig = await inOrder([one.port, two.port], three.port);
  await sent(rig, GET);
  for (const [pool, origin] of [
    ['pool', one],
    ['pool', two],
    ['next', three],
  ] as const) {
    await until(() => origin.requests === 1);
    setHealth(rig, pool, origin.port, 'unhealthy');
    for (const { port } of [one, two]) if (port !== origin.port) setHealth(rig, 'pool', port, 'healthy');
  }
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(silent.map(({ requests }) => requests)).toEqual([1, 1, 1]);
  expect(three.closed).toBe(0);
});

test('a dial to an origin that is found down is cut, and the request goes elsewhere, whatever its method', async () => {
  const other = await echo();
  const rig = await pair(9, other.port, { failures: { '127.0.0.1:9': 'never connects' } });
  const client = await sent(rig, request('POST', 5));
  await until(() => rig.dialled.length === 1);
  setHealth(rig, 'pool', 9, 'unhealthy');
  await client.receive((text) => text.includes('POST 5 from the other'));
});

test('what is under way to another origin, or to the same one for another pool, is left alone', async () => {
  const [silent, other] = [await silentOrigin(), await echo()];
  const rig = await pair(silent.port, other.port, {});
  rig.apply({ pool: [livePool({ id: 'second', origins: [liveOrigin({ port: silent.port })] })] });
  setHealth(rig, 'second', silent.port, 'healthy');
  await sent(rig, GET);
  await until(() => silent.requests === 1);
  setHealth(rig, 'second', silent.port, 'unhealthy');
  setHealth(rig, 'pool', other.port, 'unhealthy');
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(silent.closed).toBe(0);
});

test('connections at rest to an origin that is found down are closed, and those to others are kept', async () => {
  const [one, two] = [await echo(), await echo()];
  const rig = await startRig({
    upsert: {
      pool: [one, two].map(({ port }, index) =>
        livePool({ id: `pool-${index}`, origins: [liveOrigin({ port })] }),
      ),
      load_balancer: [0, 1].map((index) =>
        liveLoadBalancer({ name: `${index}.example.com`, defaultPools: [`pool-${index}`] }),
      ),
    },
  });
  setHealth(rig, 'pool-0', one.port, 'healthy');
  setHealth(rig, 'pool-1', two.port, 'healthy');
  const client = await rawClient(rig.port);
  for (const index of [0, 1]) {
    client.send(`GET / HTTP/1.1\r\nHost: ${index}.example.com\r\n\r\n`);
    await client.receive((text) => text.match(/from the other/g)?.length === index + 1);
  }
  expect([rig.load.connections('pool-0'), rig.load.connections('pool-1')]).toEqual([1, 1]);
  setHealth(rig, 'pool-0', one.port, 'unhealthy');
  await until(() => rig.load.connections('pool-0') === 0);
  expect(rig.load.connections('pool-1')).toBe(1);
});

test('a hundred clients that wait for one origin are all answered by another when it is found down', async () => {
  const [silent, other] = [await silentOrigin(), await echo()];
  const rig = await pair(silent.port, other.port);
  const clients = await Promise.all(Array.from({ length: 100 }, () => sent(rig, GET)));
  await until(() => silent.requests === 100);
  setHealth(rig, 'pool', silent.port, 'unhealthy');
  await Promise.all(clients.map((client) => client.receive((text) => text.includes('from the other'))));
  await until(() => silent.closed === 100);
});
