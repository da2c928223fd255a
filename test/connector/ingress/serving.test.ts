import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, cleanUpLater, readExactly, startOrigin, testAuthority, until } from '../../edge/fixture.js';
import { ask, configure, decode, fetchThrough, readAnswer, serving } from '../bare-edge.js';

afterEach(cleanUp);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function startWeb(handler: Handler, where: { path?: string } = {}) {
  const server = http.createServer(handler);
  if (where.path) server.listen(where.path);
  else server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.closeAllConnections();
    server.close();
  });
  const port = where.path ? 0 : (server.address() as AddressInfo).port;
  return { server, port, url: `http://127.0.0.1:${port}` };
}

const one = (service: string, originRequest = {}) => ({ ingress: [{ service, originRequest }] });

const echoHeaders: Handler = (request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ url: request.url, method: request.method, raw: request.rawHeaders }));
};

test('a service gets the request as the visitor made it, and its answer comes back', async () => {
  const web = await startWeb(echoHeaders);
  const { session, connector } = await serving(one(web.url));
  const answer = await fetchThrough(session, {
    ':path': '/a%2Fb?c=d',
    'x-two': ['1', '2'],
    cookie: ['a=1', 'b=2'],
    'accept-encoding': 'br',
    expect: '100-continue',
    'cf-ray': 'abc',
  });
  expect(answer).toMatchObject({ status: 200, meta: { src: 'origin' }, rstCode: 0, trailers: null });
  const seen = JSON.parse(answer.body.toString());
  expect(seen).toMatchObject({ url: '/a%2Fb?c=d', method: 'GET' });
  const pairs: string[] = [];
  for (let i = 0; i < seen.raw.length; i += 2) pairs.push(`${seen.raw[i]}: ${seen.raw[i + 1]}`);
  expect(pairs.sort()).toEqual([
    'Accept-Encoding: br',
    'Cf-Ray: abc',
    `Cf-Warp-Tag-Id: ${connector.clientId}`,
    'Connection: keep-alive',
    'Cookie: a=1; b=2',
    'Host: app.example.com',
    'X-Two: 1',
    'X-Two: 2',
  ]);
});

test('headers of an answer are kept as they are, but for those that are between connectors and edges', async () => {
  const web = await startWeb((_, response) => {
    response.sendDate = false;
    response.writeHead(404, [
      ['set-cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['x-latin', Buffer.from('é').toString('latin1')],
      ['cf-int-x', 'no'],
      ['CF-Cloudflared-Response-Meta', 'no'],
      ['cf-proxy-x', 'no'],
      ['content-length', '2'],
      ['connection', 'close'],
    ]);
    response.end(Buffer.from('hi'));
  });
  const { session } = await serving(one(web.url));
  const answer = await fetchThrough(session);
  expect(answer.status).toBe(404);
  expect(answer.open['content-length']).toBe('2');
  expect(answer.headers).toEqual([
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['X-Latin', Buffer.from('é').toString('latin1')],
    ['Content-Length', '2'],
    ['Connection', 'close'],
  ]);
  expect(answer.body.toString()).toBe('hi');
});

test('trailers follow the body', async () => {
  const web = await startWeb((_, response) => {
    response.writeHead(200, { trailer: 'grpc-status' });
    response.write('body');
    response.addTrailers({ 'Grpc-Status': '0', 'x-more': 'yes' });
    response.end();
  });
  const { session } = await serving(one(web.url));
  const answer = await fetchThrough(session);
  expect(answer.body.toString()).toBe('body');
  expect({ ...answer.trailers }).toMatchObject({ 'grpc-status': '0', 'x-more': 'yes' });
  expect(answer.headers.map(([name]) => name)).not.toContain('Trailer');
  expect(answer.headers.map(([name]) => name)).not.toContain('Transfer-Encoding');
});

test.each([
  ['with a length', true],
  ['in chunks', false],
])('ten megabytes pass both ways, %s', async (_, withLength) => {
  const web = await startWeb((request, response) => {
    if (withLength) response.setHeader('content-length', request.headers['content-length']!);
    request.pipe(response);
  });
  const { session } = await serving(one(web.url));
  const sent = randomBytes(10 * 1024 * 1024);
  const length = withLength ? { 'content-length': sent.length } : {};
  const answer = await fetchThrough(session, { ':method': 'POST', ...length }, sent);
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  expect(hash(answer.body)).toBe(hash(sent));
});

test('an answer that the edge does not read makes the service wait', async () => {
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const web = await startWeb((_, response) => {
    const more = () => {
      while (written < 256 * 1024 * 1024) {
        written += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const { session } = await serving(one(web.url));
  const stream = ask(session, {}, { endStream: true });
  await once(stream, 'response');
  let last = -1;
  let same = 0;
  await until(() => {
    same = written === last ? same + 1 : 0;
    last = written;
    return same > 100;
  });
  expect(written).toBeLessThan(64 * 1024 * 1024);
  stream.close(8);
});

test('what the edge gives up is given up at the service', async () => {
  let aborted = false;
  const web = await startWeb((request, response) => {
    response.once('close', () => {
      aborted = !response.writableFinished;
    });
    if (request.url === '/streaming') response.write('begun');
  });
  const { session } = await serving(one(web.url));
  for (const target of ['/waiting', '/streaming']) {
    aborted = false;
    const arrived = once(web.server, 'request');
    const stream = ask(session, { ':path': target }, { endStream: true });
    await arrived;
    if (target === '/streaming') await once(stream, 'data');
    stream.close(8);
    await until(() => aborted);
  }
});

test.each([
  [
    'after ten bytes is a 502 of the connector',
    10,
    { status: 502, meta: { src: 'cloudflared' }, rstCode: 0 },
  ],
  ['later is reset, and never looks whole', 5_000, { status: 200, meta: { src: 'origin' }, rstCode: 2 }],
])('an answer that breaks off %s', async (_, bytes, expected) => {
  const web = await startWeb((_request, response) => {
    response.writeHead(200, { 'content-length': '10000' });
    response.write(Buffer.alloc(bytes), () => response.destroy());
  });
  const { session, connector } = await serving(one(web.url));
  expect(await fetchThrough(session)).toMatchObject(expected);
  expect(connector.counts.requestErrors).toBe(1);
});

test('a service that cannot be reached is a 502 of the connector', async () => {
  const gone = await startOrigin();
  const { session, connector } = await serving({
    ingress: [
      { hostname: 'tcp.example.com', service: 'tcp://127.0.0.1:1' },
      { hostname: 'unix.example.com', service: `unix:${path.join(os.tmpdir(), 'offramp-no-such.sock')}` },
      {
        hostname: 'tls.example.com',
        service: `https://127.0.0.1:${gone.port}`,
        originRequest: { tlsTimeout: 1 },
      },
      { service: 'http://127.0.0.1:1' },
    ],
  });
  for (const host of ['http.example.com', 'unix.example.com']) {
    const answer = await fetchThrough(session, { ':authority': host });
    expect([host, answer]).toMatchObject([host, { status: 502, meta: { src: 'cloudflared' } }]);
    expect(answer.body.toString()).toMatch(/ECONNREFUSED|ENOENT/);
  }
  const socket = { ':authority': 'tcp.example.com', 'cf-cloudflared-proxy-connection-upgrade': 'websocket' };
  const refused = await fetchThrough(session, socket);
  expect(refused).toMatchObject({ status: 502, meta: { src: 'cloudflared' } });
  const silent = await fetchThrough(session, { ':authority': 'tls.example.com' });
  expect(silent.status).toBe(502);
  expect(connector.counts).toMatchObject({ requests: 4, requestErrors: 4, concurrentRequests: 0 });
});

test('a WebSocket is opened at the service, and bytes pass both ways until either end is done', async () => {
  let seen: IncomingMessage | undefined;
  const web = await startWeb((_, response) => response.writeHead(403).end('no'));
  web.server.on('upgrade', (request, socket) => {
    if (request.url === '/no') {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
      return;
    }
    seen = request;
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nfirst',
    );
    socket.pipe(socket);
  });
  const { session } = await serving(one(web.url));
  const upgrade = { 'cf-cloudflared-proxy-connection-upgrade': 'websocket', 'sec-websocket-key': 'k' };
  const stream = ask(session, upgrade);
  stream.write('sent at once');
  const [open] = await once(stream, 'response');
  expect(open[':status']).toBe(200);
  expect(decode(open)).toEqual({
    meta: { src: 'origin' },
    headers: [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-Websocket-Accept', 'x'],
    ],
  });
  expect((await readExactly(stream, 17)).toString()).toBe('firstsent at once');
  expect(seen!.headers).toMatchObject({
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'k',
  });
  expect(seen!.headers).not.toHaveProperty('transfer-encoding');
  const over = once(stream, 'close');
  stream.resume();
  stream.end();
  await over;
  expect(stream.rstCode).toBe(0);
  expect(await fetchThrough(session, { ...upgrade, ':path': '/no' })).toMatchObject({
    status: 403,
    meta: { src: 'origin' },
  });
});

function clientFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  const masked = payload.map((byte, i) => byte ^ mask[i % 4]!);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | head[0]!, ...head.slice(1)]), mask, masked]);
}

test('raw TCP is served over a WebSocket', async () => {
  const origin = await startOrigin();
  const { session } = await serving(one(`tcp://127.0.0.1:${origin.port}`));
  const stream = ask(session, {
    'cf-cloudflared-proxy-connection-upgrade': 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  });
  const [open] = await once(stream, 'response');
  expect(decode(open).headers).toContainEqual(['Sec-Websocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
  const sent = randomBytes(1_000);
  stream.write(clientFrame(2, sent));
  const echoed = await readExactly(stream, 1_004);
  expect([...echoed.subarray(0, 4)]).toEqual([0x82, 126, 1_000 >> 8, 1_000 & 255]);
  expect(echoed.subarray(4).equals(sent)).toBe(true);
  stream.write(clientFrame(9, Buffer.from('p')));
  expect([...(await readExactly(stream, 3))]).toEqual([0x8a, 1, 112]);
  stream.write(clientFrame(8, Buffer.alloc(0)));
  const rest = readAll(stream);
  expect([...(await rest)]).toEqual([0x88, 2, 0x03, 0xe8]);
  await until(() => origin.sockets.size === 0);
  expect(await fetchThrough(session)).toMatchObject({ status: 400, meta: { src: 'cloudflared' } });
});

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('a bastion leads to where the visitor says', async () => {
  const origin = await startOrigin();
  const { session } = await serving({ ingress: [{ service: 'bastion' }] });
  const kind = { 'cf-cloudflared-proxy-connection-upgrade': 'websocket' };
  const to = `ssh://127.0.0.1:${origin.port}/`;
  const stream = ask(session, { ...kind, 'cf-access-jump-destination': to });
  await once(stream, 'response');
  stream.write(clientFrame(2, Buffer.from('hi')));
  expect([...(await readExactly(stream, 4))]).toEqual([0x82, 2, 104, 105]);
  stream.close();
  expect(await fetchThrough(session, kind)).toMatchObject({ status: 400 });
});

test('services behind Unix sockets, plain statuses and the greeting are served', async () => {
  const socketPath = path.join(os.tmpdir(), `offramp-${process.pid}-${Date.now()}.sock`);
  await startWeb((_, response) => response.end('unix'), { path: socketPath });
  const { session } = await serving({
    ingress: [
      { hostname: 'unix.example.com', service: `unix:${socketPath}` },
      { hostname: 'hello.example.com', service: 'hello_world' },
      { path: '^/odd$', service: 'http_status:418' },
      { service: 'http_status:599' },
    ],
  });
  const get = (authority: string, target = '/') =>
    fetchThrough(session, { ':authority': authority, ':path': target });
  expect(await get('unix.example.com')).toMatchObject({ status: 200, body: Buffer.from('unix') });
  expect((await get('hello.example.com:443')).body.toString()).toContain('Hello from behind the tunnel');
  expect((await get('hello.example.com', '/_health')).body.toString()).toBe('ok');
  const odd = await get('x.example.com', '/odd?query');
  expect(odd).toMatchObject({ status: 418, meta: { src: 'origin' }, headers: [], body: Buffer.alloc(0) });
  expect((await get('x.example.com')).status).toBe(599);
});

test('settings of a rule say how its service is reached', async () => {
  const { key, certificate, caCertificate } = await testAuthority();
  const pool = path.join(os.tmpdir(), `offramp-${process.pid}-${Date.now()}.pem`);
  const { writeFile, rm } = await import('node:fs/promises');
  await writeFile(pool, caCertificate);
  cleanUpLater(() => rm(pool));
  const names: unknown[] = [];
  const server = https.createServer({ key, cert: certificate }, (request, response) => {
    response.end(`${request.headers.host} ${request.headers['x-forwarded-host']}`);
  });
  server.on('secureConnection', (socket) => names.push(socket.servername));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.closeAllConnections();
    server.close();
  });
  const service = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { session } = await serving({
    ingress: [
      { hostname: 'any.example.com', service, originRequest: { noTLSVerify: true, httpHostHeader: 'inner' } },
      { hostname: 'h2.cftunnel.com', service, originRequest: { caPool: pool, matchSNItoHost: true } },
      {
        hostname: 'named.example.com',
        service,
        originRequest: { caPool: pool, originServerName: 'quic.cftunnel.com' },
      },
      {
        hostname: 'wrong.example.com',
        service,
        originRequest: { caPool: pool, originServerName: 'other.test' },
      },
      { service },
    ],
  });
  const get = async (authority: string) => {
    const { status, body } = await fetchThrough(session, { ':authority': authority });
    return `${status} ${body}`;
  };
  expect(await get('any.example.com')).toBe('200 inner any.example.com');
  expect(await get('h2.cftunnel.com')).toBe('200 h2.cftunnel.com undefined');
  expect(await get('named.example.com')).toBe('200 named.example.com undefined');
  expect(names).toEqual([false, 'h2.cftunnel.com', 'quic.cftunnel.com']);
  expect(await get('wrong.example.com')).toMatch(/^502 .*altnames/);
  expect(await get('untrusted.example.com')).toMatch(/^502 .*certificate/);
});

test('idle connections are few, although visitors choose the server names', async () => {
  const { key, certificate } = await testAuthority();
  const server = https.createServer({ key, cert: certificate }, (_, response) => response.end());
  server.keepAliveTimeout = 0;
  const sockets = new Set<unknown>();
  let names = 0;
  server.on('secureConnection', (socket) => {
    names += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.closeAllConnections();
    server.close();
  });
  const service = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { noTLSVerify: true, matchSNItoHost: true, keepAliveConnections: 2 };
  const { session } = await serving(one(service, settings));
  for (let i = 0; i < 6; i += 1)
    expect((await fetchThrough(session, { ':authority': `host-${i}.example.com` })).status).toBe(200);
  expect(names).toBe(6);
  await until(() => sockets.size === 2);
});

test('a body is sent in the form that its length and the settings allow', async () => {
  const web = await startWeb((request, response) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    request.resume().once('end', () => response.end(`${length} ${encoding}`));
  });
  const { session } = await serving({
    ingress: [
      { hostname: 'wsgi.example.com', service: web.url, originRequest: { disableChunkedEncoding: true } },
      { service: web.url },
    ],
  });
  const send = async (headers: http.OutgoingHttpHeaders, body?: string) =>
    (await fetchThrough(session, headers, body)).body.toString();
  expect(await send({ ':method': 'POST' })).toBe('0 undefined');
  expect(await send({ ':method': 'GET' })).toBe('undefined undefined');
  expect(await send({ ':method': 'POST' }, 'four')).toBe('undefined chunked');
  expect(await send({ ':method': 'POST', 'content-length': 4 }, 'four')).toBe('4 undefined');
  // The edge left the stream open and then ended it, or did send something.
  expect(await send({ ':method': 'GET' }, '')).toBe('undefined undefined');
  expect(await send({ ':method': 'DELETE' }, 'four')).toBe('undefined chunked');
  const wsgi = { ':method': 'POST', ':authority': 'wsgi.example.com' };
  expect(await send(wsgi, 'four')).toBe('4 undefined');
  expect((await fetchThrough(session, wsgi, 'x'.repeat(1024 * 1024 + 1))).status).toBe(413);
});

test('HEAD, an empty answer and one that comes before the body is through are complete', async () => {
  const web = await startWeb((request, response) => {
    if (request.url === '/204') return void response.writeHead(204).end();
    if (request.url === '/early') return void response.writeHead(413, { 'content-length': 3 }).end('big');
    response.writeEarlyHints({ link: '</a>; rel=preload' });
    response.setHeader('content-length', 5);
    response.end(request.method === 'HEAD' ? undefined : 'hello');
  });
  const { session } = await serving(one(web.url));
  const head = await fetchThrough(session, { ':method': 'HEAD' });
  expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0), rstCode: 0 });
  expect(head.open['content-length']).toBe('5');
  expect(await fetchThrough(session, { ':path': '/204' })).toMatchObject({ status: 204, rstCode: 0 });
  const early = ask(session, { ':path': '/early', ':method': 'POST' });
  early.write('the beginning');
  expect(await readAnswer(early)).toMatchObject({ status: 413, body: Buffer.from('big'), rstCode: 0 });
});

test('a connection that the service has closed meanwhile costs no GET', async () => {
  const sockets = new Set<net.Socket>();
  const web = await startWeb((_, response) => response.end('ok'));
  web.server.on('connection', (socket) => sockets.add(socket));
  const { session } = await serving(one(web.url));
  for (let i = 0; i < 20; i += 1) {
    expect((await fetchThrough(session)).status).toBe(200);
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
  }
});

test('a configuration of the edge replaces the rules, and what is under way goes on with the old ones', async () => {
  let finish = () => {};
  const web = await startWeb((_, response) => {
    response.write('begun ');
    finish = () => response.end('and ended');
  });
  const { session, connector } = await serving(one(web.url));
  const slow = ask(session, {}, { endStream: true });
  const [first] = await once(slow, 'data');
  expect(first.toString()).toBe('begun ');
  const config = one('http_status:410');
  expect(await configure(session, 0, config)).toEqual({
    status: 200,
    body: { lastAppliedVersion: 0, err: null },
  });
  expect((await fetchThrough(session)).status).toBe(410);
  const rest = readAll(slow);
  finish();
  expect((await rest).toString()).toBe('and ended');
  expect(connector.configuration).toMatchObject({
    version: 0,
    config: { ingress: [{ service: 'http_status:410' }] },
  });
});

test('an old version, or one that is wrong, leaves the configuration as it is', async () => {
  const { session, connector } = await serving();
  expect(await fetchThrough(session)).toMatchObject({ status: 503, meta: { src: 'origin' } });
  const apply = async (version: unknown, config: unknown) => (await configure(session, version, config)).body;
  expect(await apply(5, one('http_status:200'))).toEqual({ lastAppliedVersion: 5, err: null });
  for (const old of [5, 4, -1])
    expect(await apply(old, one('http_status:500'))).toEqual({ lastAppliedVersion: 5, err: null });
  const wrong = await apply(6, { ingress: [{ service: 'socks-proxy' }] });
  expect(wrong).toEqual({
    lastAppliedVersion: 5,
    err: 'ingress[0].service: "socks-proxy" is not supported: this connector is no SOCKS proxy',
  });
  const missing = await apply(6, one('https://127.0.0.1:1', { caPool: '/no/such.pem' }));
  expect(missing).toMatchObject({
    lastAppliedVersion: 5,
    err: expect.stringContaining('"/no/such.pem" cannot be read'),
  });
  expect((await fetchThrough(session)).status).toBe(200);
  expect(connector.configuration.version).toBe(5);
  expect(await configure(session, '7', {})).toEqual({ status: 502, body: null });
  expect(await apply(6, {})).toEqual({ lastAppliedVersion: 6, err: null });
  expect((await fetchThrough(session)).status).toBe(503);
});

test('the edge limits raw streams, and how long they may take to connect', async () => {
  const origin = await startOrigin();
  const { session, connector } = await serving();
  const flow = { ':authority': `127.0.0.1:${origin.port}`, 'cf-cloudflared-proxy-src': '192.0.2.1' };
  await configure(session, 1, { 'warp-routing': { maxActiveFlows: 1, connectTimeout: 1 } });
  const first = ask(session, flow);
  await once(first, 'response');
  expect(await fetchThrough(session, flow, '')).toMatchObject({
    status: 502,
    meta: { src: 'cloudflared', flow_rate_limited: true },
  });
  expect(connector.counts).toMatchObject({ activeTcpSessions: 1, tcpSessions: 2, rateLimitedFlows: 1 });
  first.close(8);
  await until(() => connector.counts.activeTcpSessions === 0);
  const second = ask(session, flow);
  expect((await once(second, 'response'))[0][':status']).toBe(200);
  second.close(8);
});
