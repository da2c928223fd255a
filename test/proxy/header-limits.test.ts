import http from 'node:http';
import { describe, expect, test } from 'vitest';
import { listening } from '../support/fake-origins.js';
import { newest } from '../support/request-filters.js';
import { ask, http2Client, startHttpsRig } from './https-rig.js';
import { rawClient } from './raw-client.js';
import { HOST, type Rig, startRig } from './rig.js';

/**
 * 128 KB of headers each way: Cloudflare's limits page since October 2025. It names no number of fields, and real requests
 * and responses have been reported with hundreds of cookies.
 */
const LARGE = 126 * 1024;
/** nghttp2, which is Node's HTTP/2 and that of most clients, takes no single field of more than 64 KiB. */
const PIECE = 42 * 1024;

type AskOver = (
  rig: Rig,
  path: string,
  headers?: Record<string, string | string[]>,
) => Promise<{ status: number; setCookies: number; large: number; body: string }>;

const cookiesOf = (bytes: number) =>
  Array.from({ length: Math.ceil(bytes / PIECE) }, (_, i) => 'c'.repeat(Math.min(PIECE, bytes - i * PIECE)));

const largeBytes = (headers: http.IncomingHttpHeaders) =>
  Object.entries(headers)
    .filter(([name]) => name.startsWith('x-large'))
    .reduce((sum, [, value]) => sum + String(value).length, 0);

const overHttp1: AskOver = (rig, path, headers = {}) =>
  new Promise((resolve, reject) => {
    const options = { port: rig.port, path, headers: { host: HOST, ...headers }, maxHeaderSize: 1_000_000 };
    const request = http.get({ ...options, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (piece) => (body += piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          setCookies: response.headers['set-cookie']?.length ?? 0,
          large: largeBytes(response.headers),
          body,
        }),
      );
    });
    request.maxHeadersCount = 0;
    request.on('error', reject);
  });

const overHttp2: AskOver = async (rig, path, headers = {}) => {
  const session = await http2Client(rig, {
    maxHeaderListPairs: 10_000,
    maxSendHeaderBlockLength: 1_000_000,
    settings: { maxHeaderListSize: 1_000_000 },
  });
  const answer = await ask(session, { ':path': path, ...headers });
  return {
    status: answer.status,
    setCookies: answer.headers['set-cookie']?.length ?? 0,
    large: largeBytes(answer.headers),
    body: answer.body,
  };
};

/** Tells what it got, and answers with as many fields, or as long a one, as the path says. */
async function origin(): Promise<{ port: number; seen: { fields: number; cookie: number }[] }> {
  const seen: { fields: number; cookie: number }[] = [];
  const server = http.createServer({ maxHeaderSize: 1_000_000 }, (request, response) => {
    seen.push({ fields: request.rawHeaders.length / 2, cookie: (request.headers.cookie ?? '').length });
    const [, kind, count] = /^\/(\w+)\/(\d+)/.exec(request.url!) ?? [];
    if (kind === 'cookies')
      response.setHeader(
        'set-cookie',
        Array.from({ length: Number(count) }, (_, i) => `k${i}=v`),
      );
    if (kind === 'large')
      for (const [i, value] of cookiesOf(Number(count)).entries()) response.setHeader(`x-large-${i}`, value);
    response.end('ok');
  });
  server.maxHeadersCount = 0;
  const { port } = await listening(server);
  return { port, seen };
}

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('over %s', (_, askOver) => {
  test('cookies of 126 KiB and a thousand fields reach the origin', async () => {
    const { port, seen } = await origin();
    const rig = await startHttpsRig({ origins: [port] });
    expect(await askOver(rig, '/', { cookie: cookiesOf(LARGE) })).toMatchObject({ status: 200, body: 'ok' });
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, 'v']));
    expect(await askOver(rig, '/', many)).toMatchObject({ status: 200, body: 'ok' });
    expect(seen[0]!.cookie).toBeGreaterThanOrEqual(LARGE);
    expect(seen[1]!.fields).toBeGreaterThanOrEqual(1_000);
  });

  test('a response with a thousand cookies, or fields of 126 KiB, reaches the client', async () => {
    const { port } = await origin();
    const rig = await startHttpsRig({ origins: [port] });
    expect(await askOver(rig, '/cookies/1000')).toMatchObject({ status: 200, setCookies: 1_000 });
    expect(await askOver(rig, `/large/${LARGE}`)).toMatchObject({ status: 200, large: LARGE });
  });

  test('a request over the limit is told the limit, and so is the log', async () => {
    const { port, seen } = await origin();
    const rig = await startHttpsRig({ origins: [port] });
    const { status, body } = await askOver(rig, '/cart?a=b', { cookie: cookiesOf(131_072) });
    expect(status).toBe(431);
    expect(body).toContain('the header is longer than the limit of 131072 bytes');
    expect(seen).toEqual([]);
    expect(rig.requests.find(newest(10))).toMatchObject([
      {
        method: 'GET',
        host: HOST,
        path: '/cart',
        status: 431,
        error: 'request_header_too_large',
        detail: 'the header is longer than the limit of 131072 bytes.',
      },
    ]);
  });

  test('a response over the limit is a 502 that tells the limit, and is not asked for twice', async () => {
    const { port, seen } = await origin();
    const rig = await startHttpsRig({ origins: [port, port] });
    const { status, body } = await askOver(rig, '/large/131072');
    expect(status).toBe(502);
    expect(body).toContain('the header is longer than the limit of 131072 bytes');
    expect(seen).toHaveLength(1);
    expect(rig.requests.find(newest(10))).toMatchObject([
      {
        status: 502,
        error: 'response_header_too_large',
        detail: expect.stringContaining('limit of 131072 bytes'),
        failedAttempts: [{ failure: 'response_header_too_large' }],
      },
    ]);
  });

  test('too many fields are told with the number that is allowed, both ways', async () => {
    const { port } = await origin();
    const limits = { fieldCount: 100 };
    const rig = await startHttpsRig({ origins: [port], limits });
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`x-${i}`, 'v']));
    const request = await askOver(rig, '/', many);
    expect(request.status).toBe(431);
    expect(request.body).toContain('the header has more fields than the limit of 100');
    const response = await askOver(rig, '/cookies/120');
    expect(response.status).toBe(502);
    expect(response.body).toContain('the header has more fields than the limit of 100');
  });
});

test('a Connection field that names thousands of fields costs no more than its length', async () => {
  const { port } = await origin();
  const rig = await startRig({ origins: [port] });
  const client = await rawClient(rig.port);
  const named = Array.from({ length: 15_000 }, (_, i) => `h${i}`).join();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: ${named}\r\n${'h1: v\r\n'.repeat(900)}\r\n`);
  await client.receive((text) => text.endsWith('ok'));
});
