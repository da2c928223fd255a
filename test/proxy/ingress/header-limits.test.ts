import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanUp } from '../../edge/fixture.js';
import { type ConnectIngress, INGRESS_CONNECTORS } from '../../edge/ingress-connectors.js';
import { listening } from '../../support/fake-origins.js';
import { HOST } from '../rig.js';
import { type IngressRig, ingressRig } from './ingress-rig.js';

afterEach(cleanUp);

const ours: ConnectIngress = async (edge, tunnel, port) => {
  const connector = await edge.connect(tunnel, { ingress: [{ service: `http://127.0.0.1:${port}` }] });
  return { kill: () => void connector.close() };
};

/** 128 KB of headers each way (Cloudflare's limits page, October 2025), through a tunnel as well. */
const LARGE = 125 * 1024;

async function startOrigin() {
  const seen: { cookie: number; fields: number }[] = [];
  const server = http.createServer({ maxHeaderSize: 1_000_000 }, (request, response) => {
    seen.push({ cookie: (request.headers.cookie ?? '').length, fields: request.rawHeaders.length / 2 });
    const [, kind, count] = /^\/(\w+)\/(\d+)/.exec(request.url!) ?? [];
    if (kind === 'cookies')
      response.setHeader(
        'set-cookie',
        Array.from({ length: Number(count) }, (_, i) => `k${i}=v`),
      );
    if (kind === 'large') response.setHeader('x-large', 'a'.repeat(Number(count)));
    response.end('ok');
  });
  server.maxHeadersCount = 0;
  return { port: (await listening(server)).port, seen };
}

function get({ proxy }: IngressRig, path: string, headers: http.OutgoingHttpHeaders = {}) {
  return new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }>(
    (resolve, reject) => {
      const options = { port: proxy.port, path, headers: { host: HOST, ...headers }, agent: false };
      const request = http.get({ ...options, maxHeaderSize: 1_000_000 }, (response) => {
        let body = '';
        response.on('data', (piece) => (body += piece));
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      });
      request.maxHeadersCount = 0;
      request.on('error', reject);
    },
  );
}

describe.each([
  ...INGRESS_CONNECTORS.filter(([name]) => name === 'cloudflared'),
  ['our connector', ours] as const,
])('through %s', (_, connect) => {
  test('a header of 125 KiB and a thousand fields pass both ways', async () => {
    const { port, seen } = await startOrigin();
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, port);
    const cookie = 'c'.repeat(LARGE);
    expect(await get(rig, '/', { cookie })).toMatchObject({ status: 200, body: 'ok' });
    expect(seen.at(-1)!.cookie).toBe(LARGE);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, 'v']));
    expect(await get(rig, '/', many)).toMatchObject({ status: 200, body: 'ok' });
    expect(seen.at(-1)!.fields).toBeGreaterThanOrEqual(1_000);
    const large = await get(rig, `/large/${LARGE}`);
    expect(large).toMatchObject({ status: 200, body: 'ok' });
    expect(large.headers['x-large']).toHaveLength(LARGE);
    expect((await get(rig, '/cookies/1000')).headers['set-cookie']).toHaveLength(1_000);
  });

  test('a larger header of an origin is a 502 that tells the limit', async () => {
    const { port } = await startOrigin();
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, port);
    const { status, body } = await get(rig, '/large/300000');
    expect(status).toBe(502);
    expect(body).toContain('the header is longer than the limit of 131072 bytes');
  });

  test('a status outside of 100 to 599 is a 502 that names it', async () => {
    const server = net.createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nno'));
    });
    const { port } = await listening(server);
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, port);
    const { status, body } = await get(rig, '/');
    expect(status).toBe(502);
    expect(body).toContain('the status is 999, which is outside of 100 to 599');
  });
});
