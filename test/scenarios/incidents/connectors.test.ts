import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get as httpGet, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ask } from '../../proxy/ask.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { spawnProgram } from '../../support/program.js';
import { openSharedLab, type SharedLab } from '../../support/shared-lab.js';
import type { SharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';
import { type Stage, stageOf } from './cast.js';

let lab: SharedLab;
let stage: Stage<SharedOfframp>;
let port: number;
beforeAll(async () => {
  lab = await openSharedLab();
  stage = stageOf(lab.offramp, lab.api);
  port = Number(lab.offramp.http.split(':').at(-1));
});
afterAll(() => lab.close());

let tunnels = 0;

interface Tunnel {
  readonly id: string;
  readonly token: string;
}

async function newTunnel(): Promise<Tunnel> {
  const { id } = await lab.api.create('@/cfd_tunnel', { name: `tunnel-${++tunnels}` });
  return { id, token: (await lab.api.get(`@/cfd_tunnel/${id}/token`)).body.result };
}

interface PrivateSite {
  readonly address: string;
  readonly route: string;
  readonly pool: { readonly id: string };
}

/** A private network behind the tunnel, and a pool with the one origin in it. */
async function newSite(tunnel: Tunnel, fields: object = {}): Promise<PrivateSite> {
  const address = `10.0.${tunnels}.1`;
  const place = { virtual_network_id: lab.networkId };
  const { id } = await lab.api.create('@/teamnet/routes', {
    network: `${address}/32`,
    tunnel_id: tunnel.id,
    ...place,
  });
  const pool = await lab.api.create('@/load_balancers/pools', {
    name: `site-${tunnels}`,
    origins: [{ name: 'private', address, port: 80, ...place }],
    ...fields,
  });
  return { address, route: id, pool };
}

/** A connector as a process of its own, with four connections; port 80 of the site is one of this machine. */
async function startConnector(
  tunnel: Tunnel,
  { address }: PrivateSite,
  origin: { readonly port: number },
): Promise<ChildProcess> {
  const before = await connections(tunnel.id);
  const flags = ['--token', tunnel.token, '--edge', lab.offramp.edge, '--cacert', lab.offramp.edgeCa];
  const map = ['--map', `${address}:80=127.0.0.1:${origin.port}`];
  const child = spawnProgram(['connector', ...flags, ...map], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await eventually(async () => (await connections(tunnel.id)) === before + 4);
  return child;
}

async function connections(tunnelId: string): Promise<number> {
  const { result } = (await lab.api.get(`@/cfd_tunnel/${tunnelId}/connections`)).body;
  return result.reduce((sum: number, { conns }: { conns: unknown[] }) => sum + conns.length, 0);
}

async function end(connector: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const exit = once(connector, 'exit');
  connector.kill(signal);
  await exit;
}

test('the only connector restarts during a deploy', async () => {
  const tunnel = await newTunnel();
  const origin = await httpOrigin((_request, response) => response.end('private'));
  const monitor = await stage.monitor(80);
  const site = await newSite(tunnel, { monitor: monitor.id });
  const spare = await stage.pool('public');
  const covered = await stage.balancer([site.pool, spare]);
  const alone = await stage.balancer([site.pool]);

  const first = await startConnector(tunnel, site, origin);
  const [safe, bare] = [covered.stream(), alone.stream()];
  await Promise.all([safe.everyone('private'), bare.everyone('private')]);
  await end(first, 'SIGTERM');
  const gone = bare.sent;
  await Promise.all([safe.everyone('public'), bare.until(20, 523)]);
  expect(bare.tally(gone)).toMatchObject({ answered: {}, failed: { 523: expect.any(Number) } });

  await startConnector(tunnel, site, origin);
  await safe.everyone('private');
  const back = bare.sent;
  await bare.everyone('private');
  expect(await safe.end()).toMatchObject({ failed: {} });
  expect(Object.keys((await bare.end()).failed)).toEqual(['523']);
  expect(bare.tally(back)).toMatchObject({ failed: {}, moved: 0 });
});

test('one of two connectors is killed with requests in flight', async () => {
  const tunnel = await newTunnel();
  const held: ServerResponse[] = [];
  let cutOff = 0;
  const origin = await httpOrigin((request, response) => {
    if (request.method !== 'POST') return void response.end('private');
    held.push(response);
    response.on('close', () => {
      if (!response.writableFinished) cutOff += 1;
    });
  });
  const site = await newSite(tunnel);
  const balancer = await stage.balancer([site.pool]);
  const [, second] = [await startConnector(tunnel, site, origin), await startConnector(tunnel, site, origin)];
  const stream = balancer.stream();
  await stream.everyone('private');
  const orders = Array.from({ length: 16 }, () =>
    ask(port, { method: 'POST', host: balancer.host, body: 'order' }),
  );
  await eventually(() => held.length === orders.length);
  // The orders have taken connections of the stream: now each of its clients has one again that was used before.
  await stream.round();

  await end(second, 'SIGKILL');
  await eventually(async () => (await connections(tunnel.id)) === 4);
  const killed = stream.sent;
  await stream.everyone('private');
  for (const response of held) response.end('done');
  const answers = await Promise.all(orders);

  const failed = answers.filter(({ status }) => status !== 200);
  expect(new Set(failed.map(({ status }) => status))).toEqual(new Set([520]));
  await eventually(() => cutOff === failed.length);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(orders.length);
  expect(held.length).toBe(orders.length);
  expect((await stream.end()).failed).toEqual({});
  expect(stream.tally(killed)).toMatchObject({ failed: {}, moved: 0 });
});

test('the only connector is killed while downloads run', async () => {
  const tunnel = await newTunnel();
  const begun: ServerResponse[] = [];
  const ends: Record<string, (response: ServerResponse) => void> = {
    '/length': (response) => void response.setHeader('content-length', 100),
    '/chunks': () => undefined,
    '/close': (response) => {
      response.setHeader('connection', 'close');
      response.removeHeader('transfer-encoding');
    },
  };
  const origin = await httpOrigin((request, response) => {
    ends[request.url!]!(response);
    begun.push(response);
    response.write('half of it');
  });
  const site = await newSite(tunnel);
  const balancer = await stage.balancer([site.pool]);
  const connector = await startConnector(tunnel, site, origin);
  let arrived = 0;
  const downloads = Object.keys(ends).map((name) => {
    const request = httpGet({ port, path: name, agent: false, headers: { host: balancer.host } });
    return new Promise((resolve) => {
      // Where only the close tells the end, Node tells of a reset here, and then has the response end as usual.
      request.on('error', () => resolve(`${name} broke off`));
      request.on('response', (response) => {
        response.on('data', () => {
          arrived += 1;
        });
        response.on('end', () => resolve(`${name} is whole`));
        response.on('error', () => resolve(`${name} broke off`));
      });
    });
  });
  await eventually(() => arrived === downloads.length);
  await end(connector, 'SIGKILL');
  expect(await Promise.all(downloads)).toEqual(Object.keys(ends).map((name) => `${name} broke off`));
  expect(begun).toHaveLength(downloads.length);
});

test('a connector drains gracefully while downloads run', async () => {
  const tunnel = await newTunnel();
  const downloads: ServerResponse[] = [];
  const origin = await httpOrigin((request, response) => {
    if (request.url !== '/download') return void response.end('private');
    downloads.push(response);
    response.write('begun, ');
  });
  const site = await newSite(tunnel);
  const balancer = await stage.balancer([site.pool]);
  const leaving = await startConnector(tunnel, site, origin);
  const download = () => ask(port, { host: balancer.host, path: '/download' });
  const running = [download(), download(), download()];
  await eventually(() => downloads.length === running.length);
  await startConnector(tunnel, site, origin);
  const stream = balancer.stream();
  await stream.everyone('private');

  const exit = once(leaving, 'exit');
  leaving.kill('SIGTERM');
  await eventually(async () => (await connections(tunnel.id)) === 4);
  const drained = stream.sent;
  await stream.everyone('private');
  expect(leaving.exitCode).toBe(null);
  for (const response of downloads) response.end('and finished');
  expect((await Promise.all(running)).map(({ body }) => body)).toEqual(
    running.map(() => 'begun, and finished'),
  );
  expect(await exit).toEqual([0, null]);
  expect((await stream.end()).failed).toEqual({});
  expect(stream.tally(drained)).toMatchObject({ failed: {}, moved: 0 });
});

test('a route is re-pointed to another tunnel during traffic', async () => {
  const [old, next] = [await newTunnel(), await newTunnel()];
  const held: ServerResponse[] = [];
  const blue = await httpOrigin((request, response) => {
    if (request.url === '/report') held.push(response);
    else response.end('blue');
  });
  const green = await httpOrigin((_request, response) => response.end('green'));
  const site = await newSite(old);
  const balancer = await stage.balancer([site.pool]);
  await startConnector(old, site, blue);
  await startConnector(next, site, green);
  const stream = balancer.stream();
  await stream.everyone('blue');
  const report = ask(port, { host: balancer.host, path: '/report' });
  await eventually(() => held.length === 1);

  await stage.change(`@/teamnet/routes/${site.route}`, { tunnel_id: next.id });
  const moved = stream.sent;
  await stream.everyone('green');
  held[0]!.end('the report of blue');
  expect((await report).body).toBe('the report of blue');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 4 });
  expect(Object.keys(stream.tally(moved).answered)).toEqual(['green']);
});

test('an operator drops one connector after the other through the API', async () => {
  const tunnel = await newTunnel();
  const origin = await httpOrigin((_request, response) => response.end('private'));
  const site = await newSite(tunnel);
  await startConnector(tunnel, site, origin);
  await startConnector(tunnel, site, origin);
  const stream = (await stage.balancer([site.pool])).stream({ lanes: 8 });
  await stream.everyone('private');
  const path = `@/cfd_tunnel/${tunnel.id}/connections`;
  const { result } = (await lab.api.get(path)).body;
  expect(result).toHaveLength(2);
  for (const { id } of result) {
    expect((await lab.api.delete(`${path}?client_id=${id}`)).status).toBe(200);
    await stream.round();
    await eventually(async () => (await connections(tunnel.id)) === 8);
  }
  await stream.round();
  expect(await stream.end()).toMatchObject({ answered: { private: stream.sent }, failed: {} });
});

test('a tunnel gets a new secret, and its connectors are replaced', async () => {
  const tunnel = await newTunnel();
  const origin = await httpOrigin((_request, response) => response.end('private'));
  const site = await newSite(tunnel);
  const old = await startConnector(tunnel, site, origin);
  const stream = (await stage.balancer([site.pool])).stream();
  await stream.everyone('private');
  const secret = Buffer.alloc(32, 7).toString('base64');
  await stage.change(`@/cfd_tunnel/${tunnel.id}`, { tunnel_secret: secret });
  await stream.everyone('private');
  const token = (await lab.api.get(`@/cfd_tunnel/${tunnel.id}/token`)).body.result;
  expect(token).not.toBe(tunnel.token);
  await startConnector({ id: tunnel.id, token }, site, origin);
  await end(old, 'SIGTERM');
  await stream.everyone('private');
  expect(await stream.end()).toMatchObject({ answered: { private: stream.sent }, failed: {} });
});

test('the route of a private network is deleted by mistake and made again', async () => {
  const tunnel = await newTunnel();
  const held: ServerResponse[] = [];
  const origin = await httpOrigin((request, response) => {
    if (request.url === '/report') held.push(response);
    else response.end('private');
  });
  const monitor = await stage.monitor(80);
  const site = await newSite(tunnel, { monitor: monitor.id });
  await startConnector(tunnel, site, origin);
  const spare = await stage.pool('public');
  const covered = await stage.balancer([site.pool, spare]);
  const [safe, bare] = [covered.stream(), (await stage.balancer([site.pool])).stream()];
  await Promise.all([safe.everyone('private'), bare.everyone('private')]);
  const report = ask(port, { host: covered.host, path: '/report' });
  await eventually(() => held.length === 1);
  expect((await lab.api.delete(`@/teamnet/routes/${site.route}`)).status).toBe(200);
  const gone = [safe.sent, bare.sent];
  await Promise.all([safe.everyone('public'), bare.round()]);
  expect(Object.keys(safe.tally(gone[0]).answered)).toEqual(['public']);
  expect(bare.tally(gone[1])).toMatchObject({ answered: {}, failed: { 523: expect.any(Number) } });
  held[0]!.end('the report');
  expect((await report).body).toBe('the report');
  await lab.api.create('@/teamnet/routes', {
    network: `${site.address}/32`,
    tunnel_id: tunnel.id,
    virtual_network_id: lab.networkId,
  });
  await safe.everyone('private');
  const back = bare.sent;
  await bare.everyone('private');
  expect(await safe.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys((await bare.end()).failed)).toEqual(['523']);
  expect(bare.tally(back)).toMatchObject({ failed: {}, moved: 0 });
});
