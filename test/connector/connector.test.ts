import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { parseMap } from '../../src/connector/address-map.js';
import { type ConnectorOptions, startConnector } from '../../src/connector/connector.js';
import { openControlStream } from '../../src/edge/control-stream.js';
import type { RegisterAnswer } from '../../src/edge/registration/answer.js';
import type { RegisterRequest } from '../../src/edge/registration/request.js';
import {
  ACCOUNT,
  cleanUp,
  cleanUpLater,
  connected,
  failure,
  newTunnel,
  readExactly,
  silent,
  startEdge,
  startOrigin,
  startRelay,
  testAuthority,
  tokenOf,
  until,
} from '../edge/fixture.js';

afterEach(cleanUp);

const REGISTERED: RegisterAnswer = {
  registered: true,
  connectionId: '00112233-4455-6677-8899-aabbccddeeff',
  locationName: 'FAKE01',
  remotelyManaged: false,
};

interface BareEdge {
  readonly address: string;
  readonly sessions: ClientHttp2Session[];
  readonly requests: RegisterRequest[];
}

/** An edge that answers registrations as it is told, and leaves its sessions to the test. */
async function startBareEdge(answer: (request: RegisterRequest) => RegisterAnswer): Promise<BareEdge> {
  const { key, certificate } = await testAuthority();
  const sessions: ClientHttp2Session[] = [];
  const requests: RegisterRequest[] = [];
  const server = tls.createServer({ key, cert: certificate }, (socket) => {
    const session = http2.connect('https://edge.internal', { createConnection: () => socket });
    session.on('error', () => {});
    sessions.push(session);
    openControlStream(session, {
      register(request) {
        requests.push(request);
        return answer(request);
      },
      localConfiguration: () => {},
      refused: () => session.close(),
      unregistered: () => session.close(),
      broken: () => session.destroy(),
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sessions, requests };
}

async function start(options: Partial<ConnectorOptions>) {
  const { caCertificate: ca } = await testAuthority();
  const connector = startConnector({
    token: newTunnel().token,
    edge: [],
    ca,
    log: silent,
    connections: 1,
    gracePeriodMs: 500,
    ...options,
  });
  cleanUpLater(() => connector.close());
  return connector;
}

function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream {
  const stream = session.request(
    { ':method': 'GET', ':path': '/', ':scheme': 'https', ...headers },
    { endStream: false },
  );
  stream.on('error', () => {});
  return stream;
}

async function answerTo(session: ClientHttp2Session, headers: OutgoingHttpHeaders) {
  const stream = ask(session, headers);
  const [response] = await once(stream, 'response');
  stream.setEncoding('utf8');
  let body = '';
  for await (const chunk of stream) body += chunk;
  return { status: response[':status'], meta: response['cf-cloudflared-response-meta'], body };
}

test('four connections register one after the first, as one connector', async () => {
  const { edge, addTunnel, connect } = await startEdge();
  const tunnel = addTunnel();
  const connector = await connect(tunnel, { connections: 4, version: 'test/1' });
  await until(() => edge.connections(tunnel.id).length === 4);
  const connections = edge.connections(tunnel.id);
  expect(connections.map(({ connIndex }) => connIndex).sort()).toEqual([0, 1, 2, 3]);
  expect(new Set(connections.map(({ clientId }) => clientId))).toEqual(new Set([connector.clientId]));
  expect(connections[0]).toMatchObject({ clientVersion: 'test/1', features: ['serialized_headers'] });
});

test('an address that is mapped is dialled somewhere else', async () => {
  const { edge, addTunnel, connect } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel, { map: parseMap([`10.9.8.7:80=127.0.0.1:${origin.port}`]) });
  const options = { connectTimeoutMs: 5_000, clientIp: '192.0.2.1', purpose: 'traffic' } as const;
  const socket = await connected(edge.dial(tunnel.id, { host: '10.9.8.7', port: 80 }, options));
  socket.write('mapped');
  expect((await readExactly(socket, 6)).toString()).toBe('mapped');
  socket.destroy();
});

test('a raw stream is answered only when the origin has accepted, and never half-closed', async () => {
  const bare = await startBareEdge(() => REGISTERED);
  await (await start({ edge: [bare.address] })).ready;
  const origin = await startOrigin();
  const stream = ask(bare.sessions[0]!, {
    ':authority': `127.0.0.1:${origin.port}`,
    'cf-cloudflared-proxy-src': '192.0.2.1',
  });
  const [headers] = await once(stream, 'response');
  expect(headers).toMatchObject({ ':status': 200, 'cf-cloudflared-response-meta': '{"src":"origin"}' });
  await until(() => origin.sockets.size === 1);
  // An end of ours ends the whole.
  stream.end();
  stream.resume();
  await once(stream, 'close');
  await until(() => origin.sockets.size === 0);
});

test('what cannot be served is answered by the connector itself', async () => {
  const bare = await startBareEdge(() => REGISTERED);
  await (await start({ edge: [bare.address] })).ready;
  const session = bare.sessions[0]!;
  const src = { 'cf-cloudflared-proxy-src': '192.0.2.1' };
  const upgrade = (kind: string) => ({
    ':authority': 'app.example.com',
    'cf-cloudflared-proxy-connection-upgrade': kind,
  });
  const meta = '{"src":"cloudflared"}';
  expect(await answerTo(session, { ':authority': 'app.example.com' })).toMatchObject({
    status: 503,
    meta,
    body: expect.stringContaining('no ingress rules'),
  });
  for (const kind of ['websocket', 'update-configuration', 'control-stream']) {
    expect(await answerTo(session, upgrade(kind))).toMatchObject({
      status: 503,
      meta,
      body: expect.stringContaining(kind),
    });
  }
  for (const authority of ['localhost:80', '127.0.0.1', '127.0.0.1:0', '[::1]']) {
    expect(await answerTo(session, { ':authority': authority, ...src })).toMatchObject({
      status: 502,
      meta,
      body: expect.stringContaining('is not an ip:port'),
    });
  }
  expect(await answerTo(session, { ':authority': '127.0.0.1:1', ...src })).toMatchObject({
    status: 502,
    meta,
    body: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a connector dials again when its connection is lost', async () => {
  const started = await startEdge();
  const relay = await startRelay(started.address);
  const tunnel = started.addTunnel();
  await started.connect(tunnel, { edge: relay.edge });
  relay.cut();
  await until(() => started.events.length === 3);
  expect(started.events.map(({ type }) => type)).toEqual(['opened', 'closed', 'opened']);
  expect(started.events[2]!.connection.clientId).toBe(started.events[0]!.connection.clientId);
});

test('an edge that is not there yet is dialled until it is', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  const bare = await startBareEdge(() => REGISTERED);
  const connector = await start({ edge: ['127.0.0.1:1', bare.address], log });
  await connector.ready;
  expect(lines.join()).toContain('ECONNREFUSED');
  expect(bare.requests[0]).toMatchObject({ previousAttempts: 1, connIndex: 0 });
});

test('an unauthorized connector says so, and keeps trying with one connection', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  const { address, addTunnel } = await startEdge();
  const { id } = addTunnel();
  const token = tokenOf(ACCOUNT, id, randomBytes(32));
  let settled = false;
  const connector = await start({ token, edge: [`127.0.0.1:${address.port}`], connections: 4, log });
  const end = connector.ready.finally(() => {
    settled = true;
  });
  end.catch(() => {});
  await until(() => lines.length === 2);
  expect(lines[1]).toContain('Unauthorized: Invalid tunnel secret');
  expect(settled).toBe(false);
  await connector.close();
  await expect(connector.ready).rejects.toThrow('closed');
});

test('a refusal for good ends the connector', async () => {
  const bare = await startBareEdge(() => ({
    registered: false,
    cause: 'tunnel is full',
    shouldRetry: false,
    retryAfterMs: 0,
  }));
  const connector = await start({ edge: [bare.address], connections: 4 });
  await expect(connector.ready).rejects.toThrow('the edge refused the connection: tunnel is full');
  expect(bare.requests).toHaveLength(1);
});

test('an edge whose certificate is of another authority is not trusted', async () => {
  const bare = await startBareEdge(() => REGISTERED);
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  const { createAuthority } = await import('../../src/edge/authority.js');
  await start({ edge: [bare.address], ca: (await createAuthority()).caCertificate, log });
  await until(() => lines.length > 0);
  expect(lines[0]).toMatch(/certificate/);
  expect(bare.requests).toEqual([]);
});

test('streams that do not end are cut off after the grace period', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  const connector = await connect(tunnel, { gracePeriodMs: 50 });
  const lost = failure(await connected(dial(tunnel, origin.port)));
  await connector.close();
  expect((await lost).failure).toBe('reset');
});

test('options that cannot work are refused at once', () => {
  const options: ConnectorOptions = { token: newTunnel().token, edge: ['127.0.0.1:1'], ca: '', log: silent };
  expect(() => startConnector({ ...options, token: 'x' })).toThrow('invalid tunnel token');
  expect(() => startConnector({ ...options, edge: [] })).toThrow('needs the address of an edge');
  expect(() => startConnector({ ...options, edge: ['edge'] })).toThrow('invalid edge address "edge"');
  expect(() => startConnector({ ...options, connections: 0 })).toThrow('1 to 16 connections, not 0');
});
