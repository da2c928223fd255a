import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { startConnector } from '../../src/tunnel/connector/connector.js';
import type { ConnectorOptions } from '../../src/tunnel/connector/contract.js';
import { parseMap } from '../../src/tunnel/connector/options.js';
import {
  ACCOUNT,
  cleanUp,
  connected,
  failure,
  newTunnel,
  readExactly,
  silent,
  startEdge,
  startOrigin,
  startRelay,
  tokenOf,
  until,
} from '../edge/fixture.js';
import { ask, start, startBareEdge } from './bare-edge.js';

afterEach(cleanUp);

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
  expect(connections[0]).toMatchObject({
    clientVersion: 'test/1',
    features: ['allow_remote_config', 'serialized_headers', 'offramp_half_close'],
  });
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
  const bare = await startBareEdge();
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
  const bare = await startBareEdge();
  await (await start({ edge: [bare.address] })).ready;
  const session = bare.sessions[0]!;
  const src = { 'cf-cloudflared-proxy-src': '192.0.2.1' };
  const upgrade = (kind: string) => ({
    ':authority': 'app.example.com',
    'cf-cloudflared-proxy-connection-upgrade': kind,
  });
  const meta = '{"src":"cloudflared"}';
  for (const kind of ['control-stream', 'something']) {
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
    meta: '{"src":"cloudflared","dial_error":"ECONNREFUSED"}',
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
  const bare = await startBareEdge();
  const connector = await start({ edge: ['127.0.0.1:1', bare.address], log });
  await connector.ready;
  expect(lines.join()).toContain('ECONNREFUSED');
  expect(bare.requests[0]).toMatchObject({ previousAttempts: 0, connIndex: 0 });
});

test('an unauthorized connector says once that its token is wrong, and keeps trying with one connection', async () => {
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
  await until(() => connector.counts.registrationFailures.refused === 2);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 50,
      reason: 'the edge refused the connection: Unauthorized: Invalid tunnel secret',
      msg: `connector: the token is wrong: its secret is not that of the tunnel (any more); take the one from …/cfd_tunnel/${id}/token. It is tried again from time to time`,
    }),
  ]);
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
  const bare = await startBareEdge();
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  const { createAuthority } = await import('../../src/tunnel/edge/authority.js');
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
  for (const gracePeriodMs of [-1, Number.NaN, 1e12])
    expect(() => startConnector({ ...options, gracePeriodMs })).toThrow(
      `0 to 2147483647 milliseconds, not ${gracePeriodMs}`,
    );
});
