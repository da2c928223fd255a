import { once } from 'node:events';
import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { type Cidr, parseCidr, parseIp } from '../../../src/net/addresses.js';
import { proxyHeader } from '../../../src/proxy/listeners/proxy-protocol.js';
import { newest } from '../../support/request-filters.js';
import { httpOrigin } from '../fake-origin.js';
import { ask, startHttpsRig, testAuthority } from '../https-rig.js';
import { rawClient } from '../raw-client.js';
import { HOST, type RigOptions } from '../rig.js';

const network = (text: string): Cidr => parseCidr(text)!;
const LOOPBACK = network('127.0.0.0/8');
const ELSEWHERE = network('192.0.2.0/24');

const HEADER = proxyHeader('v2', {
  source: parseIp('203.0.113.7')!,
  sourcePort: 4711,
  destination: parseIp('198.51.100.1')!,
  destinationPort: 80,
});

async function start(mode: 'accept' | 'require', options: RigOptions = {}) {
  const seen: Record<string, unknown>[] = [];
  const origin = await httpOrigin(({ headers }, response) => {
    seen.push(headers);
    response.end('ok');
  });
  const lines: string[] = [];
  const rig = await startHttpsRig({
    origins: [origin.port],
    proxyProtocol: { http: mode, https: mode },
    trustedProxies: [LOOPBACK],
    log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
    ...options,
  });
  const logged = () =>
    lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('proxy protocol'));
  return { rig, seen, logged };
}

const PLAIN = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const GET = PLAIN.replace('\r\n\r\n', '\r\nX-Forwarded-For: 192.0.2.99\r\n\r\n');

test.each(['accept', 'require'] as const)(
  '%s: the address in the header is that of the client',
  async (mode) => {
    const { rig, seen } = await start(mode);
    const client = await rawClient(rig.port);
    client.send(Buffer.concat([HEADER, Buffer.from(GET)]));
    await client.receive((text) => text.endsWith('ok'));
    client.send(GET);
    await client.receive((text) => text.match(/ok/g)?.length === 2);
    for (const headers of seen)
      expect(headers).toMatchObject({
        'cf-connecting-ip': '203.0.113.7',
        // It is not a trusted proxy: what it forwards is passed on, and not believed.
        'x-forwarded-for': '192.0.2.99, 203.0.113.7',
        'x-forwarded-proto': 'http',
      });
    expect(rig.requests.find(newest(1))[0]!.clientIp).toBe('203.0.113.7');
  },
);

test('a header that comes byte by byte, and one of version 1, are read', async () => {
  const { rig, seen } = await start('require');
  const client = await rawClient(rig.port);
  for (const byte of HEADER) {
    client.send(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  client.send(GET);
  await client.receive((text) => text.endsWith('ok'));
  const other = await rawClient(rig.port);
  other.send(`PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n${GET}`);
  await other.receive((text) => text.endsWith('ok'));
  expect(seen.map((headers) => headers['cf-connecting-ip'])).toEqual(['203.0.113.7', '2001:db8::7']);
});

test.each(['PROXY UNKNOWN\r\n', '\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00'])(
  'a header without addresses (%j), as a check of the proxy itself has it, leaves the address of the connection',
  async (header) => {
    const { rig, seen } = await start('require');
    const client = await rawClient(rig.port);
    client.send(header + PLAIN);
    await client.receive((text) => text.endsWith('ok'));
    expect(seen[0]).toMatchObject({ 'cf-connecting-ip': '127.0.0.1' });
  },
);

test('over TLS it comes before the handshake, for HTTP/1.1 and HTTP/2 alike', async () => {
  const { rig, seen } = await start('require');
  for (const alpn of ['http/1.1', 'h2']) {
    const tcp = await rawClient(rig.httpsPort);
    tcp.socket.removeAllListeners('data');
    tcp.send(HEADER);
    const socket = tls.connect({
      socket: tcp.socket,
      servername: HOST,
      ca: (await testAuthority()).caCertificate,
      ALPNProtocols: [alpn],
    });
    await once(socket, 'secureConnect');
    if (alpn === 'h2') {
      const session = http2.connect(`https://${HOST}`, { createConnection: () => socket as Duplex });
      onTestFinished(() => session.destroy());
      expect(await ask(session)).toMatchObject({ status: 200, body: 'ok' });
    } else {
      socket.write(GET);
      await new Promise<void>((resolve) => {
        socket.on('data', (chunk: Buffer) => chunk.toString().endsWith('ok') && resolve());
      });
    }
  }
  expect(seen.map((headers) => headers['cf-connecting-ip'])).toEqual(['203.0.113.7', '203.0.113.7']);
  expect(seen[1]).toMatchObject({ 'x-forwarded-proto': 'https' });
});

test('accept: without a header a client is who it is', async () => {
  const { rig, seen } = await start('accept');
  const atOnce = await rawClient(rig.port);
  atOnce.send(`\r\n${PLAIN}`);
  await atOnce.receive((text) => text.endsWith('ok'));
  expect(seen.map((headers) => headers['cf-connecting-ip'])).toEqual(['127.0.0.1']);
});

test.each([
  [
    'accept',
    'a header from elsewhere than the trusted proxies',
    HEADER,
    ELSEWHERE,
    'not among --trusted-proxies',
  ],
  [
    'require',
    'a connection from elsewhere than the trusted proxies',
    HEADER,
    ELSEWHERE,
    'not among --trusted-proxies',
  ],
  [
    'require',
    'a connection without a header',
    Buffer.from(GET),
    LOOPBACK,
    'does not begin with a PROXY header',
  ],
  [
    'accept',
    'a header that is none',
    Buffer.from('PROXY TCP4 x\r\n'),
    LOOPBACK,
    'the header of version 1 is',
  ],
  ['require', 'half a header', HEADER.subarray(0, 20), LOOPBACK, 'did not come within 0.06 s'],
  ['accept', 'half a header', HEADER.subarray(0, 20), LOOPBACK, 'did not come within 0.06 s'],
] as const)(
  '%s: %s closes the connection, with one line in the log',
  async (mode, _, bytes, trusted, reason) => {
    const { rig, seen, logged } = await start(mode, {
      trustedProxies: [trusted],
      timeouts: { proxyHeader: 60 },
    });
    const client = await rawClient(rig.port);
    client.send(bytes);
    expect(await client.closed()).toBe('');
    expect(seen).toEqual([]);
    expect(logged()).toMatchObject([
      { listener: 'http', client: '127.0.0.1', reason: expect.stringContaining(reason) },
    ]);
  },
);

test('off: a header is no request, and nobody is believed', async () => {
  const { rig, seen } = await start('accept', { proxyProtocol: { http: 'off', https: 'off' } });
  const client = await rawClient(rig.port);
  client.send(`PROXY TCP4 203.0.113.7 198.51.100.1 4711 80\r\n${GET}`);
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 /);
  expect(seen).toEqual([]);
});

test('connections whose header is awaited end with the proxy', async () => {
  const { rig } = await start('require');
  const client = await rawClient(rig.port);
  client.send(HEADER.subarray(0, 20));
  // Accepted behind the first, which is known by then.
  const other = await rawClient(rig.port);
  other.send(Buffer.concat([HEADER, Buffer.from(PLAIN)]));
  await other.receive((text) => text.endsWith('ok'));
  await rig.proxy.close();
  expect(await client.closed()).toBe('');
});
