import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, cleanUpLater, newTunnel, testAuthority, until } from '../edge/fixture.js';
import { ask, configure, decode, fetchThrough, serving, startBareEdge } from './bare-edge.js';
import { outcomeOf, SERVICE_CASES, scriptedService, TARGETS } from './service-cases.js';

/** With the real program: `CLOUDFLARED_BIN=$(which cloudflared) npx vitest run test/connector/differential.test.ts`. */
const binary = process.env.CLOUDFLARED_BIN;

describe.skipIf(!binary)('edges get the same from this connector as from cloudflared', () => {
  let ours: ClientHttp2Session;
  let theirs: ClientHttp2Session;

  beforeAll(async () => {
    ours = (await serving()).session;
    const edge = await startBareEdge();
    cleanUpLater(stopping(await runCloudflared(edge.address)));
    await until(() => edge.requests.length === 1);
    theirs = edge.sessions[0]!;
    const service = await startService();
    const config = {
      ingress: [
        { hostname: 'gone.example.com', service: 'http://127.0.0.1:1' },
        { hostname: 'status.example.com', service: 'http_status:418' },
        { hostname: '*.below.example.com', path: '^/caf\u00e9$', service: 'http_status:410' },
        { service },
      ],
    };
    for (const session of [ours, theirs])
      expect((await configure(session, 1, config)).body).toEqual({ lastAppliedVersion: 1, err: null });
  });
  afterAll(cleanUp);

  test.each<[string, OutgoingHttpHeaders, string | undefined]>([
    ['a plain answer', {}, undefined],
    ['repeated and odd headers', { ':path': '/headers' }, undefined],
    ['an answer in chunks with trailers', { ':path': '/trailers' }, undefined],
    ['an answer to HEAD', { ':method': 'HEAD' }, undefined],
    ['no content', { ':path': '/204' }, undefined],
    ['a body with a length', { ':method': 'POST', ':path': '/echo', 'content-length': 4 }, 'four'],
    ['a body in chunks', { ':method': 'PUT', ':path': '/echo' }, 'four'],
    ['a GET that is left open', { ':path': '/echo' }, ''],
    ['a status', { ':authority': 'status.example.com' }, undefined],
    ['a path with escapes', { ':authority': 'a.b.below.example.com', ':path': '/caf%C3%A9?x' }, undefined],
    ['a service that is gone', { ':authority': 'gone.example.com' }, undefined],
  ])('%s', async (_, headers, body) => {
    const asked = { 'accept-encoding': 'identity', 'user-agent': 'test', ...headers };
    expect(await told(ours, asked, body)).toEqual(await told(theirs, asked, body));
  });

  test('a WebSocket', async () => {
    const answers = [ours, theirs].map(async (session) => {
      const stream = ask(session, {
        'cf-cloudflared-proxy-connection-upgrade': 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      });
      const [open] = await once(stream, 'response');
      stream.close(8);
      return { status: open[':status'], ...sorted(decode(open)) };
    });
    const [first, second] = await Promise.all(answers);
    expect(first).toEqual(second);
  });

  describe('of a service that answers with', () => {
    let scripted: Awaited<ReturnType<typeof scriptedService>>;
    beforeAll(async () => {
      scripted = await scriptedService();
      for (const session of [ours, theirs])
        await configure(session, 2, { ingress: [{ service: scripted.url }] });
    });

    test.each(SERVICE_CASES)('%s', async (_, what) => {
      scripted.play(what);
      const outcomes: string[] = [];
      for (const session of [ours, theirs])
        outcomes.push(await outcomeOf(session, { ':method': what.method ?? 'GET' }));
      await scripted.closed();
      expect(outcomes).toEqual([what.ours ?? what.outcome, what.outcome]);
    });

    test.each(TARGETS)('204 to %j', async (target, sent) => {
      scripted.play({ answer: 'HTTP/1.1 204 No Content\r\n\r\n' });
      scripted.lines.splice(0);
      const outcomes: string[] = [];
      for (const session of [ours, theirs]) outcomes.push(await outcomeOf(session, { ':path': target }));
      await scripted.closed();
      const outcome = sent === null ? '502' : '204 ""';
      expect(outcomes).toEqual([outcome, outcome]);
      expect(scripted.lines).toEqual(sent === null ? [] : Array(2).fill(`GET ${sent} HTTP/1.1`));
    });
  });

  test('which host is for which rule', async () => {
    const statuses: number[][] = [];
    const hostnames = [
      'lower.example.com',
      'Capitals.Example.com',
      '*.Wild.example.com',
      'Under_Score.example.com',
      'dot.example.com.',
      'Dot2.example.com.',
      'b\u00fccher.example.com',
      '*.b\u00fccher.example.com',
      'ab--cd.Example.com',
      '1.2.3.4',
    ];
    const rules = hostnames.map((hostname, i) => ({ hostname, service: `http_status:${210 + i}` }));
    const config = { ingress: [...rules, { service: 'http_status:404' }] };
    for (const session of [ours, theirs]) await configure(session, 3, config);
    const spellings = hostnames.flatMap((name) => [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      `${name}.`,
      `${name}:80`,
    ]);
    const more = ['xn--bcher-kva.example.com', 'XN--BCHER-KVA.example.com', 'a.xn--bcher-kva.example.com'];
    const ports = ['', ':', ':x', ':80:90'].map((port) => `lower.example.com${port}`);
    const odd = [
      '[lower.example.com]:80',
      '[::1]',
      '[::1]:80',
      'dot2.example.com',
      'a.wild.example.com',
      'a.Wild.example.com',
      '.Wild.example.com',
    ];
    const hosts = [...spellings, ...more, ...ports, ...odd].filter((host) => /^[!-~]+$/.test(host));
    for (const session of [ours, theirs]) {
      const seen: number[] = [];
      for (const host of hosts) seen.push((await fetchThrough(session, { ':authority': host })).status);
      statuses.push(seen);
    }
    const [first, second] = statuses.map((seen) => seen.map((status, i) => `${hosts[i]} ${status}`));
    expect(first).toEqual(second);
  });

  test('a configuration that is wrong, and versions that are old', async () => {
    const wrong = { ingress: [{ service: 'http://localhost/path' }] };
    for (const session of [ours, theirs]) {
      const { body } = await configure(session, 9, wrong);
      expect(body.lastAppliedVersion).toBe(3);
      expect(body.err).not.toBeNull();
      expect((await configure(session, 0, wrong)).body).toEqual({ lastAppliedVersion: 3, err: null });
    }
  });
});

/** What reaches the edge, without the order of headers, which is by chance in cloudflared, and without the time. */
async function told(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body: string | undefined) {
  const answer = await fetchThrough(session, headers, body);
  return {
    status: answer.status,
    ...sorted(answer),
    // What the connector itself says of a failure is its own affair.
    length: answer.status === 502 ? '' : answer.open['content-length'],
    body: answer.status === 502 ? '' : answer.body.toString(),
    trailers: answer.trailers && { ...answer.trailers },
    rstCode: answer.rstCode,
  };
}

function sorted({ meta, headers }: ReturnType<typeof decode>) {
  return { meta, headers: headers.map(([name, value]) => `${name}: ${value}`).sort() };
}

async function startService(): Promise<string> {
  const server = http.createServer((request, response) => {
    response.sendDate = false;
    if (request.url === '/204') return void response.writeHead(204, { 'x-a': 'b' }).end();
    if (request.url === '/headers') {
      const lines = [
        'set-cookie',
        'a=1',
        'SET-COOKIE',
        'b=2',
        'x-empty',
        '',
        'cf-int-a',
        'no',
        'etag',
        'W/"x"',
      ];
      return void response.writeHead(302, lines).end(Buffer.from('moved'));
    }
    if (request.url === '/trailers') {
      response.writeHead(200, { trailer: 'x-sum' }).write('chunk');
      response.addTrailers({ 'x-sum': '1', 'x-other': '2' });
      return void response.end();
    }
    const { 'cf-warp-tag-id': _, ...headers } = request.headers;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () =>
      response.end(
        request.url === '/echo' ? JSON.stringify({ headers: Object.entries(headers).sort(), body }) : 'plain',
      ),
    );
  });
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function runCloudflared(edge: string): Promise<ChildProcess> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloudflared-'));
  cleanUpLater(() => rmSync(folder, { recursive: true, force: true }));
  const ca = path.join(folder, 'ca.pem');
  writeFileSync(ca, (await testAuthority()).caCertificate);
  const flags = ['--no-autoupdate', '--no-prechecks', '--protocol', 'http2', '--metrics', '127.0.0.1:0'];
  const { token } = newTunnel();
  const args = ['tunnel', ...flags, '--cacert', ca, '--edge', edge, 'run', '--token', token];
  return spawn(binary!, args, { stdio: 'ignore' });
}

const stopping = (child: ChildProcess) => async () => {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
};
