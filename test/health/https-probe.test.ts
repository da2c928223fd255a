import { createSecureContext, type TLSSocket } from 'node:tls';
import { beforeAll, expect, test } from 'vitest';
import type { OriginHealth } from '../../src/state/health-board.js';
import type { LiveMonitor, LiveOrigin } from '../../src/state/snapshot.js';
import { type Authority, type Certificate, createAuthority, selfSigned } from '../support/certificates.js';
import { httpOrigin, httpsOrigin, tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber } from '../support/prober-bench.js';

const POOL = livePool().id;
const HEALTHY = { state: 'healthy', failureReason: 'No failures', responseCode: 200 };
let authority: Authority;
let untrusted: Certificate;

beforeAll(async () => {
  authority = await createAuthority();
  untrusted = await selfSigned('127.0.0.1');
});

function probe(monitor: Partial<LiveMonitor>, origin: Partial<LiveOrigin> = {}): Promise<OriginHealth> {
  const bench = startProber({ trustedAuthorities: [authority.cert] });
  bench.tunnels.connect('tunnel-1');
  bench.apply({
    route: [liveRoute()],
    monitor: [liveMonitor({ type: 'https', ...monitor })],
    pool: [livePool({ origins: [liveOrigin(origin)] })],
  });
  return bench.verdict(POOL);
}

/** A healthy https origin; tells the server names that it was asked for. */
async function secureServer(certificate: Certificate) {
  const serverNames: (string | false | null)[] = [];
  const server = await httpsOrigin(certificate, (request, response) => {
    serverNames.push((request.socket as TLSSocket & { servername: string | false | null }).servername);
    response.end();
  });
  return { port: server.port, serverNames };
}

test('T11 a self-signed certificate is not trusted, unless the monitor allows it', async () => {
  const { port } = await secureServer(untrusted);
  expect(await probe({ port })).toMatchObject({
    state: 'unhealthy',
    failureReason: 'TLS untrusted certificate error',
  });
  expect(await probe({ port, allowInsecure: true })).toMatchObject(HEALTHY);
});

test('a certificate of a trusted authority must be for the address', async () => {
  const right = await secureServer(await authority.issue('127.0.0.1'));
  expect(await probe({ port: right.port })).toMatchObject(HEALTHY);
  const wrong = await secureServer(await authority.issue('127.0.0.2'));
  expect(await probe({ port: wrong.port })).toMatchObject({ failureReason: 'TLS name mismatch error' });
});

test('a name with underscores is asked for and compared like any other', async () => {
  const header = { Host: ['a_b._x.example'] };
  const right = await secureServer(await authority.issue('a_b._x.example'));
  expect(await probe({ port: right.port, header })).toMatchObject(HEALTHY);
  expect(right.serverNames).toEqual(['a_b._x.example']);
  const wrong = await secureServer(await authority.issue('ab.x.example'));
  expect(await probe({ port: wrong.port, header })).toMatchObject({
    failureReason: 'TLS name mismatch error',
  });
});

test('T12 with a Host header the certificate must be for that name, unless the monitor allows any', async () => {
  const header = { Host: ['app.example:8443'] };
  const right = await secureServer(await authority.issue('app.example'));
  expect(await probe({ port: right.port, header })).toMatchObject(HEALTHY);
  const wrong = await secureServer(await authority.issue('other.example'));
  expect(await probe({ port: wrong.port, header })).toMatchObject({
    failureReason: 'TLS name mismatch error',
  });
  expect(await probe({ port: wrong.port, header, allowInsecure: true })).toMatchObject(HEALTHY);
});

test.each([
  ['the Host header', { host: 'app.example:8443' }, 'app.example'],
  ['the address when that is a name', { address: 'localhost' }, 'localhost'],
  ['nothing when it is an IP address', {}, false],
])('the server name is %s', async (_what, origin, expected) => {
  const { port, serverNames } = await secureServer(untrusted);
  expect(await probe({ port, allowInsecure: true }, origin)).toMatchObject(HEALTHY);
  expect(serverNames).toEqual([expected]);
});

test('an origin that speaks no TLS is a protocol error', async () => {
  const plain = await httpOrigin((_request, response) => response.end());
  expect(await probe({ port: plain.port })).toMatchObject({ failureReason: 'TLS protocol error' });
});

test('an origin that does not know the server name is called so', async () => {
  // A fatal alert of the TLS record protocol: handshake refused with unrecognized_name (112).
  const origin = await tcpOrigin((socket) =>
    socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 112]))),
  );
  expect(await probe({ port: origin.port })).toMatchObject({ failureReason: 'TLS unrecognized name error' });
});

test('an origin without a common cipher fails the handshake', async () => {
  const server = await httpsOrigin(
    {
      ...untrusted,
      secureContext: createSecureContext({ ...untrusted }),
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-RSA-AES128-SHA',
    },
    () => {},
  );
  expect(await probe({ port: server.port })).toMatchObject({ failureReason: 'TLS Handshake Failure' });
});

test('https works through a tunnel as it does directly', async () => {
  const { port } = await secureServer(await authority.issue('10.1.2.3'));
  const origin = { address: '10.1.2.3', virtualNetworkId: 'vnet-1' };
  expect(await probe({ port }, origin)).toMatchObject(HEALTHY);
});
