import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { selfSigned } from '../support/certificates.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import {
  type ConnectorProcess,
  cloudflaredFlags,
  running,
  spawnConnector,
} from '../support/connector-process.js';
import { CLOUDFLARED, type ConnectorKind } from '../support/connectors.js';
import { type Lab, openLab } from '../support/lab.js';
import { eventually } from '../support/waiting.js';

// The same for both: what an unmodified cloudflared can do with Offramp, `offramp connector` can. The commands of cloudflared
// are in cloudflared-cli.test.ts.

const KIB = 1024;
const MIB = 1024 * KIB;
/** cloudflared waits for up to 20 s before it dials again. */
const SLOW = { timeout: 90_000 };

describe.each<[ConnectorKind, boolean]>([
  ['ours', true],
  ['cloudflared', CLOUDFLARED !== undefined],
])('with the connector %s', (kind, available) => {
  if (!available) {
    test.skip('CLOUDFLARED_BIN does not name a cloudflared binary', () => undefined);
    return;
  }
  let lab: Lab;
  let connector: ConnectorProcess;
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-clients-'));
    lab = await openLab(['--data-dir', dataDir]);
    for (const network of ['::1/128', '10.9.0.1/32'])
      await lab.api.create('@/teamnet/routes', {
        network,
        tunnel_id: lab.tunnelId,
        virtual_network_id: lab.networkId,
      });
    await configure([]);
    const map = ['--map', `10.9.0.1:443=127.0.0.1:${await secureOrigin()}`];
    connector = spawnConnector(kind, lab.offramp, lab.token, kind === 'ours' ? map : []);
    await eventually(async () => (await connections()) === 4);
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
    await connector.end('SIGKILL');
    await lab.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const closers: (() => unknown)[] = [];

  /** Of an https origin that lives as long as the file: ours is told at its start where it is. */
  async function secureOrigin(): Promise<number> {
    const { cert, key } = await selfSigned('secure.example.com');
    const server = createHttpsServer({ cert, key }, (request, response) => {
      response.end(
        `${(request.socket as Duplex & { encrypted?: boolean }).encrypted} ${request.headers.host}`,
      );
    });
    // cloudflared has no map, and 443 is the port that means TLS.
    const [port, host] = kind === 'ours' ? [0, '127.0.0.1'] : [443, '127.0.2.1'];
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
    closers.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  async function connections(): Promise<number> {
    const { result } = (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body;
    return result.reduce((sum: number, { conns }: { conns: unknown[] }) => sum + conns.length, 0);
  }

  /** The rules of the tunnel: these, and 404 for the rest. */
  async function configure(rules: readonly { hostname: string; service: string }[]): Promise<void> {
    const config = { ingress: [...rules, { service: 'http_status:404' }] };
    const put = await lab.api.put(`@/cfd_tunnel/${lab.tunnelId}/configurations`, { config });
    expect(put.status).toBe(200);
  }

  /** A load balancer, named after its host, with this one origin. */
  async function publish(host: string, origin: object): Promise<string> {
    const name = `${host}.example.com`;
    const pool = await lab.api.create('@/load_balancers/pools', {
      name: host,
      origins: [{ name: 'origin', ...origin }],
    });
    await lab.createLoadBalancer(name, [pool]);
    return name;
  }
  const privately = (host: string, address: string, port: number) =>
    publish(host, { address, port, virtual_network_id: lab.networkId });
  const throughRules = (host: string) => publish(host, { address: `${lab.tunnelId}.cfargotunnel.com` });

  interface Exchange extends Omit<http.RequestOptions, 'headers'> {
    readonly host: string;
    readonly headers?: http.OutgoingHttpHeaders | readonly [string, string][];
  }

  /** A request to the proxy, on a connection of its own unless an agent is given. Its body is up to the caller. */
  function request({ host, headers = {}, ...options }: Exchange): http.ClientRequest {
    const [hostname, port] = lab.offramp.http.split(':');
    const fields = Array.isArray(headers)
      ? [['host', host], ...headers].flat()
      : { host, ...(headers as http.OutgoingHttpHeaders) };
    return http.request({ hostname, port, agent: false, ...options, headers: fields });
  }

  async function get(
    exchange: Exchange,
  ): Promise<{ status: number; body: string; response: IncomingMessage }> {
    const sent = request(exchange).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let body = '';
    for await (const piece of response.setEncoding('utf8')) body += piece;
    return { status: response.statusCode!, body, response };
  }

  /** An http origin that ends with the test. */
  async function origin(
    handler: (request: IncomingMessage, response: ServerResponse) => void,
    host = '127.0.0.1',
  ): Promise<{ readonly port: number; readonly server: http.Server }> {
    const server = http.createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return { port: (server.address() as AddressInfo).port, server };
  }

  test('four connections are registered, and the API shows them as one connector', async () => {
    const { result } = (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body;
    expect(result).toHaveLength(1);
    expect(result[0].conns).toHaveLength(4);
    expect(result[0].arch).toMatch(/^linux_/);
    expect(result[0].version).toMatch(kind === 'ours' ? /^offramp\// : /^\d{4}\.\d+\.\d+|DEV/);
    for (const { client_id, origin_ip, is_pending_reconnect } of result[0].conns)
      expect([client_id, origin_ip, is_pending_reconnect]).toEqual([result[0].id, '127.0.0.1', false]);
    expect((await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}`)).body.result.status).toBe('healthy');
  });

  test.each([
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ])(
    'raw TCP reaches an origin over %s, and one connection to it carries several requests',
    async (version, address) => {
      const ports = new Set<number | undefined>();
      const { port } = await origin((request, response) => {
        ports.add(request.socket.remotePort);
        response.end(`${request.method} ${request.url}`);
      }, address);
      const host = await privately(`raw-${version.toLowerCase()}`, address, port);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      for (let i = 0; i < 5; i += 1)
        expect(await get({ host, path: `/${i}`, agent })).toMatchObject({ status: 200, body: `GET /${i}` });
      expect(ports.size).toBe(1);
    },
  );

  test('TLS to an origin goes through raw TCP', async () => {
    const address = kind === 'ours' ? '10.9.0.1' : '127.0.2.1';
    const host = await privately('secure', address, 443);
    expect(await get({ host })).toMatchObject({ status: 200, body: 'true secure.example.com' });
  });

  test('64 MiB go up and down unharmed', async () => {
    const piece = randomBytes(64 * KIB);
    const pieces = (64 * MIB) / piece.length;
    const expected = createHash('sha256');
    for (let i = 0; i < pieces; i += 1) expected.update(piece);
    const digest = expected.digest('hex');
    async function send(stream: NodeJS.WritableStream): Promise<void> {
      for (let i = 0; i < pieces; i += 1) if (!stream.write(piece)) await once(stream, 'drain');
      stream.end();
    }
    async function digestOf(stream: AsyncIterable<Buffer>): Promise<string> {
      const hash = createHash('sha256');
      for await (const chunk of stream) hash.update(chunk);
      return hash.digest('hex');
    }
    const { port } = await origin(async (request, response) => {
      if (request.method === 'PUT') response.end(await digestOf(request));
      else await send(response);
    });
    const host = await privately('bulk', '127.0.0.1', port);

    const upload = request({ host, method: 'PUT' });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    await send(upload);
    const [uploaded] = await answered;
    let answer = '';
    for await (const text of uploaded.setEncoding('utf8')) answer += text;
    expect(answer).toBe(digest);

    const [download] = (await once(request({ host }).end(), 'response')) as [IncomingMessage];
    expect(await digestOf(download)).toBe(digest);
  });

  test('HTTP goes by the ingress rules, with repeated fields and trailers', async () => {
    const { port } = await origin((request, response) => {
      // Two fields of one name, or one with both: the same to HTTP.
      const twice = request.rawHeaders.filter((_, i, all) => all[i - 1]?.toLowerCase() === 'x-twice');
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('trailer', 'x-sum');
      response.write(`${request.headers.host} ${twice.join(', ')}`);
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
    const host = await throughRules('ingress');
    await configure([{ hostname: host, service: `http://127.0.0.1:${port}` }]);
    const headers: [string, string][] = [
      ['x-twice', 'one'],
      ['x-twice', 'two'],
      ['te', 'trailers'],
    ];
    await eventually(async () => (await get({ host })).status === 200);
    const { body, response } = await get({ host, headers });
    expect(body).toBe(`${host} one, two`);
    expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(response.trailers).toEqual({ 'x-sum': '42' });
  });

  test('a WebSocket goes by the ingress rules', async () => {
    const { port, server } = await origin((_request, response) => response.end('no upgrade'));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    const host = await throughRules('websocket');
    await configure([{ hostname: host, service: `http://127.0.0.1:${port}` }]);
    await eventually(async () => (await get({ host })).body === 'no upgrade');
    const upgrade = request({
      host,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    }).end();
    const [response, socket] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Duplex];
    onTestFinished(() => void socket.destroy());
    expect(response.headers['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    const sent = randomBytes(MIB);
    socket.write(sent);
    const received: Buffer[] = [];
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      received.push(chunk);
      if (Buffer.concat(received).length >= sent.length) break;
    }
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  test('traffic follows a configuration as soon as it has been pushed', async () => {
    const [one, two] = [
      await origin((_request, response) => response.end('one')),
      await origin((_request, response) => response.end('two')),
    ];
    const host = await throughRules('pushed');
    const before = (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/configurations`)).body.result.version;
    for (const [name, { port }] of [
      ['one', one],
      ['two', two],
    ] as const) {
      await configure([{ hostname: host, service: `http://127.0.0.1:${port}` }]);
      await eventually(async () => (await get({ host })).body === name);
    }
    const { version } = (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/configurations`)).body.result;
    expect(version).toBe(before + 2);
    expect(await connections()).toBe(4);
  });

  test('a connector with a wrong secret never registers, goes on trying, and says why', SLOW, async () => {
    const tunnel = await lab.api.create('@/cfd_tunnel', { name: 'wrong-secret' });
    const right = (await lab.api.get(`@/cfd_tunnel/${tunnel.id}/token`)).body.result;
    const parts = JSON.parse(Buffer.from(right, 'base64').toString());
    const wrong = JSON.stringify({ ...parts, s: randomBytes(32).toString('base64') });
    const refused = spawnConnector(kind, lab.offramp, Buffer.from(wrong).toString('base64'));
    onTestFinished(async () => void (await refused.end('SIGKILL')));
    // cloudflared says it twice for each of two attempts, ours once for all of them.
    const said = () => refused.output().split('Unauthorized: Invalid tunnel secret').length - 1;
    await eventually(() => said() >= (kind === 'ours' ? 1 : 4));
    expect(refused.process.exitCode).toBeNull();
    expect((await lab.api.get(`@/cfd_tunnel/${tunnel.id}`)).body.result).toMatchObject({
      status: 'inactive',
      conns_active_at: null,
    });
    expect(await refused.end('SIGTERM')).toBe(0);
  });

  test('a quick tunnel leads a host name of its own to a local service', SLOW, async () => {
    const { port } = await origin((_request, response) => response.end('quick'));
    const { hostname, ended } = await startQuickTunnel(`http://127.0.0.1:${port}`);
    onTestFinished(async () => void (await ended.end('SIGKILL')));
    await eventually(async () => (await get({ host: hostname })).body === 'quick');
  });

  async function startQuickTunnel(url: string): Promise<{ hostname: string; ended: ConnectorProcess }> {
    const service = new URL(lab.offramp.apiUrl).origin;
    const { edge, edgeCa } = lab.offramp;
    if (kind === 'ours') {
      const answer = await fetch(`${service}/tunnel`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      const { result } = (await answer.json()) as { result: Record<string, string> };
      const token = JSON.stringify({ a: result.account_tag, t: result.id, s: result.secret });
      const ended = spawnConnector('ours', lab.offramp, Buffer.from(token).toString('base64'), [
        '--url',
        url,
      ]);
      return { hostname: result.hostname!.replace(/:\d+$/, ''), ended };
    }
    const flags = [...cloudflaredFlags(edge, edgeCa), '--quick-service', service, '--url', url];
    const child: ChildProcess = spawn(CLOUDFLARED!, ['tunnel', ...flags], {
      env: { ...cleanEnvironment(), TUNNEL_NO_PRECHECKS: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = running(child);
    const announced = () => /https?:\/\/([a-z0-9-]+\.localhost)\b/.exec(ended.output())?.[1];
    await eventually(() => announced() !== undefined);
    return { hostname: announced()!, ended };
  }

  test('the connector comes back to an Offramp that was restarted, and traffic flows', SLOW, async () => {
    const { port } = await origin((_request, response) => response.end('still here'));
    const host = await privately('restarted', '127.0.0.1', port);
    expect((await get({ host })).body).toBe('still here');
    await lab.restart();
    await eventually(async () => (await get({ host })).body === 'still here', 60_000);
    await eventually(async () => (await connections()) === 4, 60_000);
  });

  // The last one: it ends the connector.
  test(
    'on SIGTERM a request under way is completed, nothing new is taken, and the exit code is 0',
    SLOW,
    async () => {
      const waiting: ServerResponse[] = [];
      const { port } = await origin((_request, response) => {
        response.write('first half, ');
        waiting.push(response);
      });
      const host = await privately('graceful', '127.0.0.1', port);
      const answered = get({ host });
      await eventually(() => waiting.length === 1);
      const exit = connector.end('SIGTERM');
      await eventually(async () => (await connections()) === 0);
      expect((await get({ host })).status).toBe(523);
      expect(connector.process.exitCode).toBeNull();
      waiting[0]!.end('second half');
      expect(await answered).toMatchObject({ status: 200, body: 'first half, second half' });
      expect(await exit).toBe(0);
    },
  );
});
