import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { OriginFailure } from '../../src/proxy/exchange/contract.js';
import { createDeadlines } from '../../src/proxy/limits.js';
import { createOriginDial, type OriginTls } from '../../src/proxy/upstream/connection-pool.js';
import { originTarget } from '../../src/proxy/upstream/origin-target.js';
import { selfSigned } from '../support/certificates.js';
import { liveOrigin } from '../support/live-objects.js';

const CERTIFICATE = await selfSigned('app.example.com');

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
  const offramps = { dial: () => net.connect({ port, host: '127.0.0.1' }) };
  const dial = createOriginDial(offramps, deadlines, 200, originTls, 'http/1.1');
  const target = originTarget(liveOrigin({ port: 443 }), host, 'pool');
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
    tls.createServer(CERTIFICATE, (socket) => {
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
  const key = (origin: typeof secure, host: string) => originTarget(origin, host, 'pool').key;
  expect(key(secure, 'a.example')).not.toBe(key(secure, 'b.example'));
  const plain = liveOrigin({ port: 0 });
  expect(key(plain, 'a.example')).toBe(key(plain, 'b.example'));
  expect(originTarget(plain, 'a.example', 'pool').port).toBe(80);
  expect(key({ ...plain }, 'a')).not.toBe(key({ ...plain, virtualNetworkId: 'v' }, 'a'));
  expect(key({ ...plain }, 'a')).not.toBe(key({ ...plain, port: 81 }, 'a'));
  expect(originTarget({ ...secure, host: 'h.example:443' }, 'a', 'pool').serverName).toBe('h.example');
});

/** Trust is read when a process starts, so the strict dial runs in one of its own, from the compiled program. */
const STRICT_DIAL = `
  import net from 'node:net';
  import { createDeadlines } from './dist/proxy/limits.js';
  import { createOriginDial } from './dist/proxy/upstream/connection-pool.js';
  const [port, serverName] = process.argv.slice(1);
  const offramps = { dial: () => net.connect(Number(port), '127.0.0.1') };
  const origin = { address: '127.0.0.1', ip: '127.0.0.1' };
  const target = { origin, port: 443, tls: true, serverName: serverName || null, key: '' };
  const say = (text) => { console.log(text); process.exit(); };
  createOriginDial(offramps, createDeadlines(10), 5000, 'strict', 'http/1.1')(target, '', {
    failed: say,
    connected: () => say('connected'),
  });
`;

test('with strict, a trusted certificate counts for its own name only', async () => {
  const port = await tlsEcho();
  const folder = mkdtempSync(path.join(tmpdir(), 'offramp-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ca = path.join(folder, 'ca.pem');
  writeFileSync(ca, CERTIFICATE.cert);
  const outcome = async (serverName: string) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', STRICT_DIAL, String(port), serverName],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: ca } },
    );
    return stdout.trim();
  };
  expect(await outcome('app.example.com')).toBe('connected');
  expect(await outcome('other.example.com')).toBe('tls_certificate');
  expect(await outcome('')).toBe('tls_certificate');
});
