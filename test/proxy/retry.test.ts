import { expect, test } from 'vitest';
import { asksSameOriginAgain, type FailedAttempt, moveOn } from '../../src/proxy/exchange/origin-attempts.js';
import { DialError, type DialFailure, type OriginSocket } from '../../src/tunnel/egress/contract.js';
import { closedPort } from '../support/fake-origins.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { httpOrigin, rawOrigin, scriptedOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, type RigOptions, startRig } from './rig.js';

const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const post = (length: number) => `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${length}\r\n\r\n`;

/** Two origins of one pool; the first has nearly all the weight, so that it is asked first. */
function firstThen(first: number, second: number, rest: RigOptions = {}): RigOptions {
  const origins = [liveOrigin({ port: first, weight: 1 }), liveOrigin({ port: second, weight: 1e-12 })];
  return { ...rest, upsert: { pool: [unmonitoredPool({ id: 'pool', origins })] } };
}

const echo = () =>
  httpOrigin((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => response.end(`ok ${Buffer.concat(chunks).length}`));
  });

test.each<DialFailure>(['refused', 'timeout', 'unreachable', 'no_route', 'no_connection', 'unknown_host'])(
  'after %s another origin of the pool is asked, for any method',
  async (failure) => {
    const good = await echo();
    const rig = await startRig(firstThen(9, good.port, { failures: { '127.0.0.1:9': failure } }));
    const client = await rawClient(rig.port);
    client.send(GET);
    await client.receive((text) => text.includes('ok 0'));
    client.send(`${post(5)}hello`);
    await client.receive((text) => text.includes('ok 5'));
    expect(rig.dialled).toEqual(['127.0.0.1:9', `127.0.0.1:${good.port}`, '127.0.0.1:9']);
  },
);

test('there is one retry and no more', async () => {
  const ports = [await closedPort(), await closedPort(), await closedPort()];
  const rig = await startRig({ origins: ports });
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.includes('error code: 521'));
  expect(rig.dialled).toHaveLength(2);
  expect(new Set(rig.dialled).size).toBe(2);
});

test('the retry does not leave the pool', async () => {
  const other = await echo();
  const rig = await startRig({
    upsert: {
      pool: [
        unmonitoredPool({ id: 'one', origins: [liveOrigin({ port: await closedPort() })] }),
        unmonitoredPool({ id: 'two', origins: [liveOrigin({ port: other.port })] }),
      ],
      load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['one', 'two'] })],
    },
  });
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.includes('error code: 521'));
});

test.each([
  ['GET', GET],
  ['POST', `${post(5)}hello`],
])(
  'a %s passes origins whose tunnel has no connection, before and after its one retry',
  async (_name, text) => {
    const good = await echo();
    const rig = await startRig({
      failures: {
        '127.0.0.1:7': 'no_connection',
        '127.0.0.1:8': 'refused',
        '127.0.0.1:9': 'no_connection',
        '127.0.0.1:10': 'no_connection',
      },
      upsert: {
        pool: [
          unmonitoredPool({
            id: 'one',
            origins: [7, 8, 9, 10].map((port, index) => liveOrigin({ port, weight: 1e-12 ** index })),
          }),
          unmonitoredPool({ id: 'two', origins: [liveOrigin({ port: good.port })] }),
        ],
        load_balancer: [
          liveLoadBalancer({ name: HOST, defaultPools: ['one', 'two'], failoverAcrossPools: true }),
        ],
      },
    });
    const client = await rawClient(rig.port);
    client.send(text);
    await client.receive((received) => received.includes('ok '));
    expect(rig.dialled.slice(0, -1).map((address) => Number(address.split(':')[1]))).toEqual([7, 8, 9, 10]);
  },
);

test('a request passes twenty origins whose tunnel has no connection, and no more', async () => {
  const origins = Array.from({ length: 30 }, (_, index) =>
    liveOrigin({ address: '127.0.0.2', key: `${index}`, port: index + 1 }),
  );
  const rig = await startRig({
    failures: { '127.0.0.2': 'no_connection' },
    upsert: { pool: [unmonitoredPool({ id: 'pool', origins })] },
  });
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.includes('error code: 523'));
  expect(rig.dialled).toHaveLength(21);
});

test('an error that the origin itself answers is not retried', async () => {
  const bad = await scriptedOrigin(() => 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy');
  const good = await echo();
  const rig = await startRig(firstThen(bad.port, good.port));
  const client = await rawClient(rig.port);
  client.send(GET);
  expect(await client.receive((text) => text.endsWith('busy'))).toMatch(/^HTTP\/1\.1 503 /);
});

test('a body is sent again when all that was read of it fits the replay buffer', async () => {
  const good = await echo();
  const rig = await startRig(firstThen(await closedPort(), good.port));
  const client = await rawClient(rig.port);
  const length = 60 * 1024;
  client.send(post(length) + 'x'.repeat(length));
  await client.receive((text) => text.includes(`ok ${length}`));
});

test('a long body waits for the origin, so that it is whole for the second one', async () => {
  const good = await echo();
  const rig = await startRig(firstThen(await closedPort(), good.port));
  const client = await rawClient(rig.port);
  const length = 4 * 1024 * 1024;
  client.send(post(length) + 'x'.repeat(length));
  await client.receive((text) => text.includes(`ok ${length}`));
});

test('a body that was sent beyond the replay buffer is not sent again', async () => {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const dying = await rawOrigin((socket) => {
    let read = 0;
    socket.on('data', (chunk) => {
      arrive();
      read += chunk.length;
      if (read > 100 * 1024) socket.resetAndDestroy();
    });
  });
  const good = await echo();
  const rig = await startRig(firstThen(dying.port, good.port));
  const client = await rawClient(rig.port);
  const length = 200 * 1024;
  client.send(post(length).replace('POST', 'PUT'));
  await arrived;
  client.send('x'.repeat(length));
  await client.receive((text) => text.includes('error code: 520'));
  expect(rig.dialled).toHaveLength(1);
});

test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])(
  '%s that is lost without one byte of an answer goes to another origin',
  async (method) => {
    const dying = await rawOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const good = await echo();
    const rig = await startRig(firstThen(dying.port, good.port));
    const client = await rawClient(rig.port);
    client.send(GET.replace('GET', method));
    expect(await client.receive((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(dying.connections()).toBe(1);
  },
);

test('a POST that was lost after it was sent is not repeated', async () => {
  const dying = await rawOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const good = await echo();
  const rig = await startRig(firstThen(dying.port, good.port));
  const client = await rawClient(rig.port);
  client.send(`${post(5)}hello`);
  await client.receive((text) => text.includes('error code: 520'));
  expect(good.connections()).toBe(0);
});

test('a request with half an answer is not repeated', async () => {
  const dying = await rawOrigin((socket) => socket.once('data', () => socket.end('HTTP/1.1 200')));
  const good = await echo();
  const rig = await startRig(firstThen(dying.port, good.port));
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.includes('error code: 520'));
  expect(good.connections()).toBe(0);
});

test('a connection that dies when it is used again is replaced by a fresh one to the same origin', async () => {
  const origin = await rawOrigin((socket) => {
    let answered = false;
    socket.on('data', () => {
      if (answered) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      answered = true;
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  for (const answers of [1, 2, 3]) {
    client.send(GET);
    await client.receive((text) => text.match(/ok/g)?.length === answers);
  }
  expect(origin.connections()).toBe(3);
});

/** How a request goes to another origin after this attempt. */
function nextAfter(attempt: FailedAttempt): string {
  const asked: string[] = [];
  const ask = (how: string) => () => asked.push(how) > 0;
  const moved = moveOn({ retry: ask('retry'), leave: ask('leave'), reselect: ask('reselect') }, attempt);
  expect(moved).toBe(asked.length === 1);
  return asked[0] ?? 'not at all';
}

test('the rules in short', () => {
  const lost = {
    failure: 'invalid_response',
    method: 'GET',
    replayable: true,
    unanswered: true,
    reused: true,
    tunnelLost: false,
    tunnelAway: false,
    otherConnector: false,
    redials: 0,
  } as const;
  expect(asksSameOriginAgain(lost)).toBe(true);
  expect(asksSameOriginAgain({ ...lost, reused: false })).toBe(false);
  expect(asksSameOriginAgain({ ...lost, method: 'POST' })).toBe(false);
  expect(asksSameOriginAgain({ ...lost, failure: 'head_timeout' })).toBe(false);
  expect(nextAfter(lost)).toBe('retry');
  expect(nextAfter({ ...lost, method: 'POST', failure: 'tls_handshake' })).toBe('retry');
  expect(nextAfter({ ...lost, method: 'POST', failure: 'tls_certificate' })).toBe('retry');
  expect(nextAfter({ ...lost, failure: 'refused', replayable: false })).toBe('not at all');
  expect(nextAfter({ ...lost, failure: 'head_timeout' })).toBe('not at all');
  expect(asksSameOriginAgain({ ...lost, redials: 4 })).toBe(false);
  expect(asksSameOriginAgain({ ...lost, failure: 'connector_failed' })).toBe(false);
  const another = { ...lost, failure: 'connector_failed', otherConnector: true } as const;
  expect(asksSameOriginAgain(another)).toBe(true);
  expect(asksSameOriginAgain({ ...another, method: 'POST' })).toBe(false);
  expect(asksSameOriginAgain({ ...another, replayable: false })).toBe(false);
  expect(asksSameOriginAgain({ ...another, redials: 4 })).toBe(false);
  expect(nextAfter({ ...lost, failure: 'connector_failed' })).toBe('retry');
  expect(nextAfter({ ...lost, failure: 'connector_failed', method: 'POST' })).toBe('not at all');
  expect(nextAfter({ ...lost, failure: 'connector_invalid' })).toBe('not at all');
  const away = { ...lost, method: 'POST', failure: 'unreachable', tunnelAway: true } as const;
  expect(nextAfter(away)).toBe('leave');
  expect(nextAfter({ ...away, replayable: false })).toBe('not at all');
  for (const failure of ['unknown_host', 'prohibited'] as const) {
    expect(nextAfter({ ...lost, method: 'POST', failure })).toBe('reselect');
    expect(nextAfter({ ...lost, failure, replayable: false })).toBe('not at all');
  }
});

/** Loses the tunnel below each of the first `count` connections as soon as its origin has the request. */
async function tunnelsLost(count: number) {
  const sockets: OriginSocket[] = [];
  const origin = await scriptedOrigin(() => {
    const lost = sockets.length <= count ? sockets.at(-1) : undefined;
    lost?.destroy(new DialError('reset', 'the tunnel connection was lost'));
    return lost ? null : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  });
  const rig = await startRig({ origins: [origin.port] });
  const { offramps } = rig.proxyOptions;
  const { dial } = offramps;
  offramps.dial = (...args) => {
    const socket = dial(...args);
    sockets.push(socket);
    return socket;
  };
  return { rig, client: await rawClient(rig.port) };
}

test('a GET whose tunnel is lost is sent again, as often as a connector has connections', async () => {
  const all = await tunnelsLost(4);
  all.client.send(GET);
  await all.client.receive((text) => text.endsWith('ok'));
  expect(all.rig.dialled).toHaveLength(5);

  const more = await tunnelsLost(5);
  more.client.send(GET);
  await more.client.receive((text) => text.includes('error code: 520'));
  expect(more.rig.dialled).toHaveLength(5);
});

test('a POST whose tunnel is lost is not sent again', async () => {
  const { rig, client } = await tunnelsLost(1);
  client.send(post(0));
  await client.receive((text) => text.includes('error code: 520'));
  expect(rig.dialled).toHaveLength(1);
});
