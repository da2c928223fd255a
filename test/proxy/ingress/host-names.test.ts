import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import { createDirectDialer } from '../../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../../src/tunnel/egress/select.js';
import { fromOrigin } from '../../edge/fake-ingress.js';
import { cleanUp, startEdge } from '../../edge/fixture.js';
import { runCloudflared } from '../../edge/ingress-connectors.js';
import { connectRaw } from '../../edge/raw-connector.js';
import { CLOUDFLARED } from '../../support/connectors.js';
import { livePublishedHostname } from '../../support/live-objects.js';
import { eventually } from '../../support/waiting.js';
import { http2Client, madeCertificates, ask as overHttp2 } from '../https-rig.js';
import { rawClient } from '../raw-client.js';
import { HOST, type Rig, startRig } from '../rig.js';
import { type IngressRig, ingressRig } from './ingress-rig.js';

afterEach(cleanUp);

/** Of the host name in the tests, what clients may write. */
const SPELLINGS = [HOST.toUpperCase(), `${HOST}.`, `App.Example.com.`, `${HOST}:`];

/** A connector that answers everything with 204, and the heads that it gets. */
async function recorder({ edge, tunnel }: Pick<IngressRig, 'edge' | 'tunnel'>) {
  const seen: IncomingHttpHeaders[] = [];
  await connectRaw(edge, tunnel, (stream, headers) => {
    seen.push(headers);
    stream.respond(fromOrigin(204), { endStream: true });
  });
  return { authorities: () => seen.map((headers) => headers[':authority']), seen };
}

async function send(rig: Rig, head: string) {
  const client = await rawClient(rig.port);
  client.send(`${head}\r\n`);
  return await client.receive((text) => text.includes('\r\n\r\n'));
}

describe('connectors get host names in canonical form, since they compare them by their characters', () => {
  test('from clients over HTTP/1.1, with a port and in absolute targets too', async () => {
    const rig = await ingressRig();
    const { authorities } = await recorder(rig);
    for (const spelled of SPELLINGS) await send(rig.proxy, `GET / HTTP/1.1\r\nHost: ${spelled}\r\n`);
    await send(rig.proxy, `GET / HTTP/1.1\r\nHost: ${HOST.toUpperCase()}.:8443\r\n`);
    await send(rig.proxy, `GET http://${HOST.toUpperCase()}./x HTTP/1.1\r\nHost: other.example.com\r\n`);
    expect(authorities()).toEqual([...SPELLINGS.map(() => HOST), `${HOST}:8443`, HOST]);
  });

  test('from clients over HTTP/2, whose :authority and host may be spelled differently', async () => {
    const rig = await ingressRig({ https: await madeCertificates() });
    const { authorities } = await recorder(rig);
    const session = await http2Client(rig.proxy);
    for (const spelled of SPELLINGS) await overHttp2(session, { ':authority': spelled });
    await overHttp2(session, { ':authority': `${HOST}.`, host: HOST.toUpperCase() });
    expect(authorities()).toEqual([...SPELLINGS.map(() => HOST), HOST]);
  });

  test('of gRPC calls', async () => {
    const rig = await ingressRig({ https: await madeCertificates() });
    const { authorities } = await recorder(rig);
    const session = await http2Client(rig.proxy);
    const call = session.request({
      ':method': 'POST',
      ':path': '/test.Echo/Chat',
      ':authority': `${HOST.toUpperCase()}.`,
      'content-type': 'application/grpc',
    });
    call.end();
    await once(call, 'response');
    expect(authorities()).toEqual([HOST]);
  });

  test('of WebSockets', async () => {
    const rig = await ingressRig();
    const { authorities, seen } = await recorder(rig);
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n';
    await send(rig.proxy, `GET / HTTP/1.1\r\nHost: ${HOST.toUpperCase()}.\r\n${upgrade}`);
    expect(authorities()).toEqual([HOST]);
    expect(seen[0]!['cf-cloudflared-proxy-connection-upgrade']).toBe('websocket');
  });

  test('of the Host header of origins', async () => {
    const rig = await ingressRig({ host: 'Inner.Example.NET.:8080' });
    const { authorities } = await recorder(rig);
    await send(rig.proxy, `GET / HTTP/1.1\r\nHost: ${HOST}\r\n`);
    expect(authorities()).toEqual(['inner.example.net:8080']);
  });

  test('of published host names', async () => {
    const edge = await startEdge();
    const tunnel = edge.addTunnel({ accountId: 'account-1' });
    const published = livePublishedHostname({ hostname: '*.tunnel.example.com', tunnelId: tunnel.id });
    const rig = await startRig({
      upsert: { published_hostname: [published] },
      offramps: createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() }),
    });
    const { authorities } = await recorder({ edge, tunnel });
    await send(rig, 'GET / HTTP/1.1\r\nHost: A.Tunnel.Example.COM.\r\n');
    expect(authorities()).toEqual(['a.tunnel.example.com']);
  });
});

/** With the real program: `CLOUDFLARED_BIN=$(which cloudflared) npx vitest run <file>`. */
test.skipIf(!CLOUDFLARED)('a rule of cloudflared takes its host name however clients spell it', async () => {
  const rig = await ingressRig();
  const rules = [
    `- { hostname: ${HOST}, service: 'http_status:221' }`,
    `- { hostname: '*.example.com', service: 'http_status:222' }`,
    `- { service: 'http_status:404' }`,
  ];
  await runCloudflared(rig.edge, rig.tunnel, rules);
  await eventually(() => rig.edge.edge.connections(rig.tunnel.id).length > 0);
  for (const spelled of SPELLINGS)
    expect(await send(rig.proxy, `GET / HTTP/1.1\r\nHost: ${spelled}\r\n`)).toMatch(/^HTTP\/1\.1 221 /);
});
