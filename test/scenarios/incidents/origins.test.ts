import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpOrigin, listening } from '../../support/fake-origins.js';
import type { OriginProcess } from '../../support/origin-process.js';
import { openSharedLab, type SharedLab } from '../../support/shared-lab.js';
import type { SharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';
import { type Balancer, type Stage, stageOf } from './cast.js';

let lab: SharedLab;
let stage: Stage<SharedOfframp>;
let names = 0;
beforeAll(async () => {
  lab = await openSharedLab();
  stage = stageOf(lab.offramp, lab.api);
  await lab.connect();
});
afterAll(() => lab.close());

interface Origins {
  readonly origins: readonly OriginProcess[];
  readonly pool: { readonly id: string };
  healthy(origin: OriginProcess, wanted: boolean): Promise<void>;
}

/** Origins on one port, so that one monitor can look at them every second. */
async function startOrigins(roles: readonly string[], monitored = true): Promise<Origins> {
  const origins: OriginProcess[] = [];
  for (const role of roles) origins.push(await lab.startOrigin(role, origins[0]?.port));
  const monitor = monitored ? { monitor: (await lab.createMonitor(origins[0]!)).id } : {};
  const pool = await lab.createPool(`pool-${++names}`, origins, monitor);
  const healthy: Origins['healthy'] = ({ address }, wanted) =>
    eventually(async () => (await lab.poolHealth(pool.id))[address]?.healthy === wanted);
  if (monitored) for (const origin of origins) await healthy(origin, true);
  return { origins, pool, healthy };
}

const inPool = (id: string) => `@/load_balancers/pools/${id}`;

test('an origin is killed in the middle of traffic', async () => {
  const { origins, pool, healthy } = await startOrigins(['stays', 'dies']);
  const stream = (await stage.balancer([pool])).stream({ lanes: 16 });
  await stream.everyone('dies');
  await origins[1]!.kill();
  const dead = stream.sent;
  await healthy(origins[1]!, false);
  expect(await stream.end()).toMatchObject({ failed: {} });
  expect(Object.keys(stream.tally(dead).answered)).toEqual(['stays']);
});

test('an origin accepts and never answers', async () => {
  const { origins, pool, healthy } = await startOrigins(['quick', 'silent']);
  const balancer = await stage.balancer([pool]);
  const caught = balancer.stream();
  await caught.everyone('silent');
  origins[1]!.freeze();
  await healthy(origins[1]!, false);
  const fresh = balancer.stream();
  await fresh.everyone('quick');
  expect(await fresh.end()).toMatchObject({ answered: { quick: fresh.sent }, failed: {} });
  // Nobody has ended it: those that it had caught were answered by the other one as soon as the checks had found out.
  await caught.everyone('quick');
  expect((await caught.end()).failed).toEqual({});
  await origins[1]!.kill();
});

test('a rolling deploy replaces origins one after another', async () => {
  const { origins, pool } = await startOrigins(['one', 'two', 'three'], false);
  const stream = (await stage.balancer([pool])).stream();
  const without = (out: OriginProcess | null) =>
    stage.change(inPool(pool.id), {
      origins: origins.map((origin) => ({ ...lab.member(origin), enabled: origin !== out })),
    });
  for (const origin of origins) {
    await stream.everyone(origin.name);
    await without(origin);
    const out = stream.sent;
    await stream.round();
    await origin.kill();
    for (const other of origins) if (other !== origin) await stream.everyone(other.name);
    expect(stream.tally(out).answered).not.toHaveProperty(origin.name);
    await origin.revive();
    await without(null);
    await stream.everyone(origin.name);
  }
  const all = await stream.end();
  expect(all.failed).toEqual({});
  expect(Object.keys(all.answered).toSorted()).toEqual(['one', 'three', 'two']);
});

test('the whole primary pool goes down and comes back', async () => {
  const primary = await startOrigins(['primary']);
  const spare = await startOrigins(['spare']);
  const origin = primary.origins[0]!;
  const streamOf = async (failover_across_pools: boolean) => {
    const balancer = await stage.balancer([primary.pool, spare.pool], {
      adaptive_routing: { failover_across_pools },
    });
    return balancer.stream();
  };
  const [across, within] = [await streamOf(true), await streamOf(false)];
  const both = [across, within];
  await Promise.all(both.map((stream) => stream.everyone('primary')));
  await origin.kill();
  const dark = across.sent;
  await primary.healthy(origin, false);
  const known = within.sent;
  await Promise.all(both.map((stream) => stream.everyone('spare')));
  expect(Object.keys(across.tally(dark).answered)).toEqual(['spare']);
  expect(within.tally(known)).toMatchObject({ failed: {}, moved: 0 });
  await origin.revive();
  await primary.healthy(origin, true);
  const back = both.map((stream) => stream.sent);
  await Promise.all(both.map((stream) => stream.everyone('primary')));
  expect(await across.end()).toMatchObject({ failed: {}, moved: 8 });
  // Those for which the pool counted as healthy, until the checks have found out.
  const { failed, moved } = await within.end();
  expect(moved).toBe(8);
  for (const code of Object.keys(failed)) expect(['520', '521']).toContain(code);
  both.forEach((stream, at) => {
    expect(Object.keys(stream.tally(back[at]).answered)).toEqual(['primary']);
  });
});

test('origins of a pool die one by one, until it has fewer than minimum_origins', async () => {
  const { origins, pool, healthy } = await startOrigins(['first', 'second', 'third']);
  const spare = await startOrigins(['spare'], false);
  await stage.change(inPool(pool.id), { minimum_origins: 2 });
  const stream = (await stage.balancer([pool, spare.pool])).stream();
  await Promise.all(origins.map(({ name }) => stream.everyone(name)));
  await origins[0]!.kill();
  await healthy(origins[0]!, false);
  const two = stream.sent;
  await Promise.all([stream.everyone('second'), stream.everyone('third')]);
  expect(Object.keys(stream.tally(two).answered).toSorted()).toEqual(['second', 'third']);
  await origins[1]!.kill();
  await healthy(origins[1]!, false);
  const one = stream.sent;
  await stream.everyone('spare');
  expect((await stream.end()).failed).toEqual({});
  expect(Object.keys(stream.tally(one).answered)).toEqual(['spare']);
});

test('an origin closes its idle connections while they are being reused', async () => {
  let requests = 0;
  const closing = await listening(
    createServer((socket: Socket) => {
      let served = 0;
      socket.on('data', (bytes) => {
        const heads = bytes.toString('latin1').split('\r\n\r\n').length - 1;
        // The second request on a connection arrives as the origin ends it: in order, and with a reset.
        if (served > 0) {
          if (requests % 2 === 0) socket.end();
          else socket.resetAndDestroy();
          requests += 1;
          return;
        }
        served += heads;
        requests += heads;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nclosing');
      });
    }),
  );
  const pool = await lab.api.create('@/load_balancers/pools', {
    name: `pool-${++names}`,
    origins: [
      { name: 'closing', address: '127.0.0.1', port: closing.port, virtual_network_id: lab.networkId },
    ],
  });
  const stream = (await stage.balancer([pool])).stream();
  await stream.until(200, 'closing');
  const all = await stream.end();
  expect(all).toMatchObject({ answered: { closing: all.sent }, failed: {} });
  expect(requests).toBeGreaterThan(all.sent + 50);
});

test('an upload is under way when its origin dies', async () => {
  const arrived: IncomingMessage[] = [];
  const dies = await httpOrigin((request, response) => {
    if (request.method === 'GET') return void response.end('dies');
    request.resume();
    arrived.push(request);
  });
  const survivor = await lab.startOrigin('stays');
  const members = (enabled: boolean) => [
    { name: 'dies', address: '127.0.0.1', port: dies.port, virtual_network_id: lab.networkId },
    { ...lab.member(survivor), enabled },
  ];
  const pool = await lab.api.create('@/load_balancers/pools', {
    name: `pool-${++names}`,
    origins: members(false),
  });
  const balancer = await stage.balancer([pool]);
  const stream = balancer.stream();
  await stream.everyone('dies');
  const uploads = [
    beginUpload(balancer, 'PUT', 1_000),
    beginUpload(balancer, 'PUT', 400_000),
    beginUpload(balancer, 'POST', 1_000),
  ];
  await eventually(() => arrived.length === uploads.length);
  await stage.change(inPool(pool.id), { origins: members(true) });
  await stream.everyone('stays');

  dies.close();
  for (const socket of dies.sockets) socket.destroy();
  const dead = stream.sent;
  // Small and idempotent: goes on to another origin. Too big to be kept, or not to be done twice: lost, and told so.
  expect(await statusOf(uploads[1]!)).toBe(520);
  expect(await statusOf(uploads[2]!)).toBe(520);
  uploads[0]!.request.end(Buffer.alloc(1_000));
  expect(await statusOf(uploads[0]!)).toBe(200);
  await stream.everyone('stays');
  expect((await stream.end()).failed).toEqual({});
  expect(Object.keys(stream.tally(dead).answered)).toEqual(['stays']);
});

interface Upload {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
}

/** Sends the head and the first half of a body, `half` bytes. */
function beginUpload({ host }: Balancer, method: string, half: number): Upload {
  const [hostname, port] = lab.offramp.http.split(':');
  const headers = { host, 'content-length': half * 2 };
  const request = httpRequest({ hostname, port, method, path: '/upload', headers, agent: false });
  const response = once(request, 'response').then(([message]) => message as IncomingMessage);
  request.write(Buffer.alloc(half));
  return { request, response };
}

/** When the answer is there, whatever was sent. */
async function statusOf({ request, response }: Upload): Promise<number> {
  const { statusCode } = await response;
  request.on('error', () => undefined);
  request.destroy();
  return statusCode!;
}
