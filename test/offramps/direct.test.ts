import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { parseCidr } from '../../src/net/addresses.js';
import { DialError, type DialOptions, type OriginSocket } from '../../src/tunnel/egress/contract.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createFakeClock } from '../support/fake-clock.js';
import { closedPort, tcpOrigin } from '../support/fake-origins.js';

const OPTIONS: DialOptions = { connectTimeoutMs: 5_000, clientIp: '192.0.2.1', purpose: 'traffic' };

/** The DialError that a socket fails with. */
async function failureOf(socket: OriginSocket): Promise<DialError> {
  const [error] = await once(socket, 'error');
  expect(error).toBeInstanceOf(DialError);
  return error as DialError;
}

const systemError = (code: string) => Object.assign(new Error(`lookup ${code}`), { code });

test('bytes go both ways once the origin has accepted', async () => {
  const origin = await tcpOrigin((socket) => socket.pipe(socket));
  const socket = createDirectDialer().dial({ host: '127.0.0.1', port: origin.port }, OPTIONS);
  expect(socket.connecting).toBe(true);
  await once(socket, 'connect');
  expect(socket).toMatchObject({ connecting: false, remoteAddress: '127.0.0.1' });
  socket.end('hello');
  const [chunk] = await once(socket, 'data');
  expect(String(chunk)).toBe('hello');
});

test('a closed port is refused, and the error names it', async () => {
  const port = await closedPort();
  const error = await failureOf(createDirectDialer().dial({ host: '127.0.0.1', port }, OPTIONS));
  expect(error).toMatchObject({ failure: 'refused', cause: { code: 'ECONNREFUSED' } });
  expect(error.message).toContain(`127.0.0.1:${port}`);
});

test('a port that cannot be is an event and does not throw', async () => {
  const error = await failureOf(createDirectDialer().dial({ host: '127.0.0.1', port: 65_536 }, OPTIONS));
  expect(error.failure).toBe('other');
});

test('connecting that takes too long is a timeout, and nothing is left', async () => {
  const clock = createFakeClock();
  const { dial } = createDirectDialer({ real: clock, lookup: () => new Promise(() => {}) });
  const socket = dial({ host: 'slow.example', port: 80 }, { ...OPTIONS, connectTimeoutMs: 1_000 });
  const failure = failureOf(socket);
  clock.advance(1_000);
  expect(await failure).toMatchObject({
    failure: 'timeout',
    message: expect.stringContaining('slow.example:80'),
  });
  expect([socket.destroyed, clock.pending]).toEqual([true, 0]);
});

test('the timer of a dial ends with the dial', async () => {
  const origin = await tcpOrigin();
  const clock = createFakeClock();
  const { dial } = createDirectDialer({ real: clock });
  const connected = dial({ host: '127.0.0.1', port: origin.port }, OPTIONS);
  await once(connected, 'connect');
  expect(clock.pending).toBe(0);
  connected.destroy();
  const given = dial({ host: '127.0.0.1', port: origin.port }, OPTIONS);
  given.destroy();
  await once(given, 'close');
  expect(clock.pending).toBe(0);
});

test('a connection that breaks later keeps the error of the system', async () => {
  const origin = await tcpOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const socket = createDirectDialer().dial({ host: '127.0.0.1', port: origin.port }, OPTIONS);
  await once(socket, 'connect');
  socket.write('x');
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ code: 'ECONNRESET' });
  expect(error).not.toBeInstanceOf(DialError);
});

test.each(['ENOTFOUND', 'EAI_AGAIN'])(
  'a name that cannot be looked up (%s) is an unknown host',
  async (code) => {
    const { dial } = createDirectDialer({ lookup: () => Promise.reject(systemError(code)) });
    expect(await failureOf(dial({ host: 'nobody.example', port: 80 }, OPTIONS))).toMatchObject({
      failure: 'unknown_host',
      cause: { code },
    });
  },
);

test.each([
  ['ETIMEDOUT', 'timeout'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ECONNRESET', 'reset'],
  ['EMFILE', 'other'],
])('%s is "%s"', async (code, failure) => {
  // The lookup is where a test can make a socket fail with any code.
  const { dial } = createDirectDialer({ lookup: () => Promise.reject(systemError(code)) });
  expect(await failureOf(dial({ host: 'origin.example', port: 80 }, OPTIONS))).toMatchObject({ failure });
});

test('a name with underscores is looked up as it is', async () => {
  const origin = await tcpOrigin();
  const asked: string[] = [];
  const lookup = async (name: string) => {
    asked.push(name);
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const socket = createDirectDialer({ lookup }).dial({ host: '_a.b_c.example', port: origin.port }, OPTIONS);
  await once(socket, 'connect');
  expect(asked).toEqual(['_a.b_c.example']);
  socket.destroy();
});

test('a name with several addresses reaches the one that answers', async () => {
  const origin = await tcpOrigin();
  const addresses: LookupAddress[] = [
    { address: '127.0.0.9', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const { dial } = createDirectDialer({ lookup: async () => addresses });
  const socket = dial({ host: 'origin.example', port: origin.port }, OPTIONS);
  await once(socket, 'connect');
  expect(socket.remoteAddress).toBe('127.0.0.1');
  socket.destroy();
});

test('a name with several dead addresses fails as they do', async () => {
  const addresses: LookupAddress[] = [
    { address: '127.0.0.9', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const { dial } = createDirectDialer({ lookup: async () => addresses });
  const error = await failureOf(dial({ host: 'origin.example', port: await closedPort() }, OPTIONS));
  expect(error.failure).toBe('refused');
  expect(error.message).toContain('ECONNREFUSED');
});

test.each(['10.0.0.1', '192.0.2.1', '169.254.169.254', '100.64.0.1', '::1', '::ffff:127.0.0.1', 'fe80::1'])(
  'nothing is sent to %s, which is not globally routable, when no network is named',
  async (address) => {
    const { dial } = createDirectDialer({ networks: [] });
    expect(await failureOf(dial({ host: address, port: 80 }, OPTIONS))).toMatchObject({
      failure: 'prohibited',
      message: expect.stringContaining(`${address} is not globally routable`),
    });
  },
);

test.each([
  ['127.0.0.1', '::1'],
  ['169.254.169.254', 'fe80::1%eth0'],
  ['10.0.0.1', '::ffff:10.0.0.1'],
])('a name that resolves to %s and %s is dialled at neither', async (...addresses) => {
  const lookup = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const { dial } = createDirectDialer({ networks: [], lookup });
  for (const purpose of ['traffic', 'probe'] as const)
    expect(
      await failureOf(dial({ host: 'inside.example', port: 80 }, { ...OPTIONS, purpose })),
    ).toMatchObject({
      failure: 'prohibited',
      message: `inside.example resolves to ${addresses.join(', ')}, which is not globally routable: give its IP address a virtual network, or start with --direct-network and a network that covers it`,
    });
});

test('of the addresses of a name, only those in a direct network are dialled', async () => {
  let accepted = 0;
  const origin = await tcpOrigin(() => {
    accepted += 1;
  });
  const lookup = async () => ['127.0.0.9', '127.0.0.1'].map((address) => ({ address, family: 4 }));
  const { dial } = createDirectDialer({ networks: [parseCidr('127.0.0.1')!], lookup });
  const socket = dial({ host: 'origin.example', port: origin.port }, OPTIONS);
  await once(socket, 'connect');
  expect([socket.remoteAddress, accepted]).toEqual(['127.0.0.1', 1]);
  socket.destroy();
});

test('traffic looks a name up once in five seconds, a probe every time', async () => {
  const origin = await tcpOrigin();
  const clock = createFakeClock();
  let lookups = 0;
  const lookup = async () => {
    lookups += 1;
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const { dial } = createDirectDialer({ clock, lookup });
  const connect = async (purpose: DialOptions['purpose']) => {
    const socket = dial({ host: 'origin.example', port: origin.port }, { ...OPTIONS, purpose });
    await once(socket, 'connect');
    socket.destroy();
    return lookups;
  };
  expect(await connect('traffic')).toBe(1);
  clock.advance(4_999);
  expect(await connect('traffic')).toBe(1);
  expect(await connect('probe')).toBe(2);
  expect(await connect('probe')).toBe(3);
  clock.advance(4_999);
  expect(await connect('traffic')).toBe(3);
  clock.advance(1);
  expect(await connect('traffic')).toBe(4);
});
