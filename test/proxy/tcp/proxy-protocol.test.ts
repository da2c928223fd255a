import { once } from 'node:events';
import net from 'node:net';
import { expect, test } from 'vitest';
import { parseCidr, parseIp } from '../../../src/net/addresses.js';
import { proxyHeader, readProxyHeader } from '../../../src/proxy/listeners/proxy-protocol.js';
import { listening } from '../../support/fake-origins.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../../support/live-objects.js';
import { newest } from '../../support/request-filters.js';
import { NAME, startTcpRig, type TcpRigOptions } from './rig.js';

const LOOPBACK = [parseCidr('127.0.0.0/8')!];
const ADDRESSES = {
  source: parseIp('2001:db8::7')!,
  sourcePort: 4711,
  destination: parseIp('2001:db8::1')!,
  destinationPort: 5432,
};

/** An origin that keeps what it gets and answers each byte; a rig in front of it. */
async function start(options: Partial<TcpRigOptions> = {}) {
  const received: Buffer[] = [];
  const server = net.createServer((socket) => {
    socket.write('hello ');
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (chunk.includes('!')) socket.end('bye');
    });
  });
  const { port } = await listening(server);
  const rig = await startTcpRig({
    pools: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ port })] })],
    loadBalancers: [liveLoadBalancer({ name: NAME, defaultPools: ['pool'] })],
    ...options,
  });
  return { rig, received: () => Buffer.concat(received) };
}

async function exchange(client: net.Socket, bytes: string | Buffer): Promise<string> {
  let text = '';
  client.on('data', (chunk: Buffer) => (text += chunk.toString()));
  client.once('end', () => client.end());
  client.write(bytes);
  await once(client, 'close');
  return text;
}

test('the client of a TCP connection is the one in its PROXY header, and the origin gets what is behind it', async () => {
  const { rig, received } = await start({ proxyProtocol: 'require', trustedProxies: LOOPBACK });
  const bytes = Buffer.concat([proxyHeader('v2', ADDRESSES), Buffer.from('query!')]);
  expect(await exchange(rig.connect(), bytes)).toBe('hello bye');
  expect(received().toString()).toBe('query!');
  expect(rig.requests.find(newest(1))[0]).toMatchObject({ method: 'TCP', clientIp: '2001:db8::7' });
});

test('accept: a client that lets the server speak first is served without a header', async () => {
  const { rig } = await start({
    proxyProtocol: 'accept',
    trustedProxies: LOOPBACK,
    timeouts: { proxyHeader: 40 },
  });
  const client = rig.connect();
  const [greeting] = await once(client, 'data');
  expect(String(greeting)).toBe('hello ');
  expect(await exchange(client, 'query!')).toBe('bye');
});

test('a connection without the header that is required is closed, and no origin hears of it', async () => {
  const { rig, received } = await start({ proxyProtocol: 'require', trustedProxies: LOOPBACK });
  expect(await exchange(rig.connect(), 'query!')).toBe('');
  expect(received()).toHaveLength(0);
  expect(rig.logged).toContainEqual(
    expect.objectContaining({ listener: `tcp ${NAME}`, reason: 'it does not begin with a PROXY header' }),
  );
});

test.each(['v1', 'v2'] as const)(
  'an origin is told of its client in a header of %s, before the first byte',
  async (version) => {
    const { rig, received } = await start({ sendProxy: version });
    const client = rig.connect();
    await once(client, 'connect');
    const { localPort } = client;
    expect(await exchange(client, 'query!')).toBe('hello bye');
    const header = readProxyHeader(received());
    expect(header).toEqual({
      kind: 'header',
      bytes: expect.any(Number),
      addresses: {
        source: parseIp('127.0.0.1'),
        sourcePort: localPort,
        destination: parseIp('127.0.0.1'),
        destinationPort: rig.port,
      },
    });
    expect(
      received()
        .subarray((header as { bytes: number }).bytes)
        .toString(),
    ).toBe('query!');
  },
);

test('what a proxy in front has said of the client is passed on to the origin', async () => {
  const { rig, received } = await start({
    sendProxy: 'v1',
    proxyProtocol: 'accept',
    trustedProxies: LOOPBACK,
  });
  await exchange(rig.connect(), Buffer.concat([proxyHeader('v2', ADDRESSES), Buffer.from('query!')]));
  expect(received().toString()).toBe('PROXY TCP6 2001:db8::7 2001:db8::1 4711 5432\r\nquery!');
});
