import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createDeadlines } from '../../src/proxy/deadlines.js';
import type { OriginFailure } from '../../src/proxy/errors.js';
import { createOriginDial, type OriginTls } from '../../src/proxy/origin-dial.js';
import { originTarget } from '../../src/proxy/origin-target.js';
import { liveOrigin } from '../steering/live-objects.js';
import { SELF_SIGNED } from './self-signed.js';

async function listening(server: net.Server): Promise<number> {
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

/** Dials a TLS target (port 443 by its configuration) that really listens on `port`. */
function dialTls(
  port: number,
  originTls: OriginTls,
  host = 'app.example.com',
): Promise<OriginFailure | string> {
  const deadlines = createDeadlines(10);
  onTestFinished(() => deadlines.stop());
  const offramps = {
    select: () => ({ kind: 'direct' }) as const,
    dial: () => net.connect({ port, host: '127.0.0.1' }),
  };
  const dial = createOriginDial(offramps, deadlines, 200, originTls);
  const target = originTarget(liveOrigin({ port: 443 }), host);
  return new Promise((resolve) => {
    dial(target, '127.0.0.1', {
      failed: resolve,
      connected: (socket) => {
        socket.on('data', (chunk: Buffer) => {
          socket.destroy();
          resolve(chunk.toString());
        });
        socket.write('GET');
      },
    });
  });
}

const tlsEcho = () =>
  listening(
    tls.createServer(SELF_SIGNED, (socket) => {
      socket.on('error', () => {});
      const { servername, alpnProtocol } = socket as tls.TLSSocket & { servername: string | false };
      socket.once('data', (chunk) => socket.end(`${chunk} ${servername} ${alpnProtocol}`));
    }),
  );

test('an origin on port 443 is spoken to over TLS, with the host name as SNI', async () => {
  expect(await dialTls(await tlsEcho(), 'full')).toBe('GET app.example.com false');
});

test('an IP address is no SNI', async () => {
  expect(await dialTls(await tlsEcho(), 'full', '192.0.2.1')).toBe('GET false false');
});

test('with strict, a certificate that nobody vouches for is a failure', async () => {
  expect(await dialTls(await tlsEcho(), 'strict')).toBe('tls_certificate');
});

test('an origin that does not speak TLS fails the handshake', async () => {
  const port = await listening(net.createServer((socket) => void socket.end('hello')));
  expect(await dialTls(port, 'full')).toBe('tls_handshake');
});

test('an origin that hangs up, or says nothing, fails the handshake', async () => {
  const closing = await listening(net.createServer((socket) => socket.destroy()));
  expect(await dialTls(closing, 'full')).toBe('tls_handshake');
  const held: net.Socket[] = [];
  const silent = await listening(net.createServer((socket) => void held.push(socket)));
  expect(await dialTls(silent, 'full')).toBe('tls_handshake');
  for (const socket of held) socket.destroy();
});

test('connections with other names are not mixed, nor those of other networks', () => {
  const secure = liveOrigin({ port: 443 });
  const key = (origin: typeof secure, host: string) => originTarget(origin, host).key;
  expect(key(secure, 'a.example')).not.toBe(key(secure, 'b.example'));
  const plain = liveOrigin({ port: 0 });
  expect(key(plain, 'a.example')).toBe(key(plain, 'b.example'));
  expect(originTarget(plain, 'a.example').port).toBe(80);
  expect(key({ ...plain }, 'a')).not.toBe(key({ ...plain, virtualNetworkId: 'v' }, 'a'));
  expect(key({ ...plain }, 'a')).not.toBe(key({ ...plain, port: 81 }, 'a'));
  expect(originTarget({ ...secure, host: 'h.example:443' }, 'a').serverName).toBe('h.example');
});
