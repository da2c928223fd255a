import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { followCertificateFiles, makeCertificates } from '../../src/proxy/listeners/certificates.js';
import { selfSigned } from '../support/certificates.js';
import { liveLoadBalancer } from '../support/live-objects.js';
import { eventually } from '../support/waiting.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { http2Client, madeCertificates, startHttpsRig, testAuthority, tlsClient } from './https-rig.js';
import { HOST } from './rig.js';

async function textOf(socket: tls.TLSSocket, enough: string): Promise<string> {
  let text = '';
  while (!text.includes(enough)) text += String((await once(socket, 'data'))[0]);
  return text;
}

test('HTTP/1.1 over TLS is served like HTTP, and says so to the origin', async () => {
  const origin = await httpOrigin((request, response) => {
    const { 'x-forwarded-proto': proto, 'cf-visitor': visitor } = request.headers;
    response.end(`${request.url} ${proto} ${visitor}`);
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const socket = await tlsClient(rig, 'http/1.1');
  expect([socket.alpnProtocol, socket.authorized]).toEqual(['http/1.1', true]);
  const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  socket.write(get('/1') + get('/2'));
  const text = await textOf(socket, '/2');
  expect(text).toContain('/1 https {"scheme":"https"}');
  expect(text).toContain('/2 https {"scheme":"https"}');
});

test('a body without a length that breaks off ends in a reset below TLS', async () => {
  let breakOff = () => {};
  const origin = await rawOrigin((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf'));
    breakOff = () => void socket.resetAndDestroy();
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const socket = await tlsClient(rig, 'http/1.1');
  const broken = new Promise((resolve) => socket.once('error', resolve));
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await textOf(socket, 'half');
  breakOff();
  expect(await broken).toMatchObject({ code: 'ECONNRESET' });
});

test('a client without ALPN gets HTTP/1.1, and one that speaks neither is turned away', async () => {
  const origin = await httpOrigin((_request, response) => response.end('ok'));
  const rig = await startHttpsRig({ origins: [origin.port] });
  const socket = tls.connect({ port: rig.httpsPort, host: '127.0.0.1', rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  expect(await textOf(socket, 'ok')).toMatch(/^HTTP\/1\.1 200 OK/);
  const options = { port: rig.httpsPort, host: '127.0.0.1', rejectUnauthorized: false };
  const spdy = tls.connect({ ...options, ALPNProtocols: ['spdy/3'] });
  await expect(once(spdy, 'secureConnect')).rejects.toThrow(/alert|ECONNRESET/);
  const old = tls.connect({ ...options, maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' });
  await expect(once(old, 'secureConnect')).rejects.toThrow();
});

const peerNames = (socket: tls.TLSSocket) => socket.getPeerCertificate().subjectaltname;

test('each load balancer has a certificate for its name, and other names get the one of the edge', async () => {
  const rig = await startHttpsRig({ origins: [] });
  rig.apply({
    load_balancer: [liveLoadBalancer({ id: 'wild', name: '*.wild.example.com', defaultPools: ['pool'] })],
  });
  expect(peerNames(await tlsClient(rig, 'http/1.1'))).toBe(`DNS:${HOST}`);
  expect(peerNames(await tlsClient(rig, 'http/1.1', 'a.wild.example.com'))).toBe('DNS:*.wild.example.com');
  expect(peerNames(await tlsClient(rig, 'http/1.1', 'a.b.wild.example.com'))).toBe(
    'DNS:a.b.wild.example.com',
  );
  const unknown = await tlsClient(rig, 'http/1.1', 'other.example.com', {
    checkServerIdentity: () => undefined,
  });
  expect(peerNames(unknown)).toContain('DNS:localhost');
});

test('certificates are made once for each name, and no more are kept than may be', async () => {
  const issued: string[] = [];
  const { certificate, key } = await testAuthority();
  let now = 0;
  const certificates = makeCertificates({
    hosts: {
      match: (host) =>
        host.endsWith('.com') ? liveLoadBalancer({ name: host, defaultPools: [] }) : undefined,
    },
    issue: async (name) => {
      issued.push(name);
      if (name === 'fails.com') throw new Error('told to fail');
      return { certificate, key };
    },
    initial: { certificate, key },
    onReplaced: () => {},
    limit: 2,
    clock: { now: () => now },
    real: { monotonic: () => now },
  });
  const [one, same] = await Promise.all([certificates.forName('a.com'), certificates.forName('a.com')]);
  expect(one).toBe(same);
  await certificates.forName('b.com');
  await certificates.forName('a.com');
  await certificates.forName('c.com');
  await certificates.forName('a.com');
  expect(issued).toEqual(['a.com', 'b.com', 'c.com']);
  await certificates.forName('b.com');
  expect(issued).toEqual(['a.com', 'b.com', 'c.com', 'b.com']);
  expect(await certificates.forName('example.org')).toBeNull();
  expect(await certificates.forName('a,cn=b.com')).toBeNull();
  await expect(certificates.forName('fails.com')).rejects.toThrow('told to fail');
  await expect(certificates.forName('fails.com')).rejects.toThrow('told to fail');
  now += 31 * 24 * 3600 * 1000;
  await certificates.forName('b.com');
  expect(issued.slice(4)).toEqual(['fails.com', 'fails.com', 'b.com']);
});

test('names thought up below a wildcard make no more than a few certificates, and take none from load balancers', async () => {
  const issued: string[] = [];
  const { certificate, key } = await testAuthority();
  let now = 0;
  const wildcard = liveLoadBalancer({ name: '*.example.com', defaultPools: [] });
  const certificates = makeCertificates({
    hosts: {
      match: (host) =>
        host.endsWith('.example.com') ? wildcard : liveLoadBalancer({ name: host, defaultPools: [] }),
    },
    issue: async (name) => {
      issued.push(name);
      return { certificate, key };
    },
    initial: { certificate, key },
    onReplaced: () => {},
    limit: 1_000,
    clock: { now: () => now },
    real: { monotonic: () => now },
  });
  for (let i = 0; i < 10_000; i++) await certificates.forName(`x.${i}.example.com`);
  expect(issued).toHaveLength(100);
  expect(await certificates.forName('x.0.example.com')).not.toBeNull();
  expect(await certificates.forName('x.9999.example.com')).toBeNull();
  expect(await certificates.forName('x.example.com')).not.toBeNull();
  expect(await certificates.forName('app.example.org')).not.toBeNull();
  now += 1_000;
  for (let i = 200; i < 300; i++) await certificates.forName(`x.${i}.example.com`);
  expect(issued.slice(100)).toEqual([
    '*.example.com',
    'app.example.org',
    'x.200.example.com',
    'x.201.example.com',
  ]);
});

test('a certificate that is due for another one serves on while no more may be made, and not for ever', async () => {
  const { certificate, key } = await testAuthority();
  let issued = 0;
  let now = 0;
  const certificates = makeCertificates({
    hosts: { match: (host) => liveLoadBalancer({ name: host, defaultPools: [] }) },
    issue: async () => {
      issued += 1;
      return { certificate, key };
    },
    initial: { certificate, key },
    onReplaced: () => {},
    limit: 10_000,
    clock: { now: () => now },
    real: { monotonic: () => now },
  });
  const first = await certificates.forName('a.com');
  now += 31 * 24 * 3600 * 1000;
  for (let i = 0; i < 1_000; i++) await certificates.forName(`${i}.com`);
  expect(issued).toBe(1_001);
  expect(await certificates.forName('a.com')).toBe(first);
  now += 1_000;
  const second = await certificates.forName('a.com');
  expect(second).not.toBe(first);

  now += 361 * 24 * 3600 * 1000;
  for (let i = 0; i < 1_000; i++) await certificates.forName(`new-${i}.com`);
  expect(await certificates.forName('a.com')).toBeNull();
});

test('certificate files serve every name, and are followed when they change', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'offramp-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = { certFile: path.join(folder, 'cert.pem'), keyFile: path.join(folder, 'key.pem') };
  const write = async (name: string) => {
    const { cert, key } = await selfSigned(name);
    writeFileSync(files.keyFile, key);
    writeFileSync(files.certFile, cert);
  };
  await write('one.example.com');
  const followed = followCertificateFiles({ ...files, lookEvery: 20, log: pino({ level: 'silent' }) });
  onTestFinished(() => followed.stop());
  let current = followed.initial;
  followed.onReplaced((pair) => {
    current = pair;
  });
  const before = current;
  writeFileSync(files.keyFile, 'no key');
  await write('two.example.com');
  await eventually(() => current !== before);
  expect(tls.createSecureContext({ cert: current.certificate, key: current.key })).toBeDefined();
  const rig = await startHttpsRig({ https: files });
  const any = { rejectUnauthorized: false };
  expect(peerNames(await tlsClient(rig, 'http/1.1', HOST, any))).toBe('DNS:two.example.com');
});

test.skipIf(process.platform === 'win32')('a private key that everybody can read is warned of', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'offramp-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = { certFile: path.join(folder, 'cert.pem'), keyFile: path.join(folder, 'key.pem') };
  const { cert, key } = await selfSigned('one.example.com');
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key);
  const warningsWith = (mode: number) => {
    chmodSync(files.keyFile, mode);
    const lines: string[] = [];
    followCertificateFiles({ ...files, log: pino({}, { write: (line: string) => lines.push(line) }) }).stop();
    return lines;
  };
  expect(warningsWith(0o640)).toEqual([]);
  expect(warningsWith(0o644)).toEqual([expect.stringContaining('chmod 600')]);
});

test('a handshake that does not end is ended, and only so many may go on at once', async () => {
  const rig = await startHttpsRig({ limits: { tlsHandshakes: 2 }, timeouts: { tlsHandshake: 1_000 } });
  const connect = () => {
    const socket = net.connect(rig.httpsPort, '127.0.0.1');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  const silent = [connect(), connect()];
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const closed = silent.map((socket) => once(socket, 'close'));
  await once(connect(), 'close');
  await Promise.all(closed);
  expect((await tlsClient(rig, 'http/1.1')).authorized).toBe(true);
});

test('connections over TLS count among those of clients', async () => {
  const rig = await startHttpsRig({ limits: { clientConnections: 1 } });
  const first = await http2Client(rig);
  const second = await tlsClient(rig, 'http/1.1');
  expect(await textOf(second, 'ray:')).toMatch(/^HTTP\/1\.1 503 /);
  first.close();
  await once(first, 'close');
  await eventually(async () => {
    const third = await tlsClient(rig, 'http/1.1');
    third.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    return (await textOf(third, 'ray:')).startsWith('HTTP/1.1 530 ');
  });
});

test('T112 a WebSocket passes over TLS, and each end is passed on', async () => {
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('end', () => socket.end('bye'));
    });
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const socket = await tlsClient(rig, 'http/1.1', HOST, { allowHalfOpen: true } as tls.ConnectionOptions);
  socket.write(
    `GET /chat HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`,
  );
  expect(await textOf(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 101 /);
  socket.write('hello');
  expect(await textOf(socket, 'hello')).toBe('hello');
  const ended = once(socket, 'end');
  socket.end('last');
  expect(await textOf(socket, 'bye')).toMatch(/bye$/);
  await ended;
});

test('a drain ends handshakes, and connections at rest', async () => {
  const rig = await startHttpsRig({ https: await madeCertificates() });
  const silent = net.connect(rig.httpsPort, '127.0.0.1');
  onTestFinished(() => void silent.destroy());
  silent.on('error', () => {});
  await once(silent, 'connect');
  const resting = await tlsClient(rig, 'http/1.1');
  resting.resume();
  const gone = [once(silent, 'close'), once(resting, 'close')];
  await rig.proxy.drain(20_000);
  await Promise.all(gone);
});
