import { expect, test } from 'vitest';
import type { LiveAffinityAttributes, LivePool } from '../../src/state/snapshot.js';
import {
  liveLoadBalancer,
  liveOrigin,
  livePool,
  liveRoute,
  liveSettings,
  unmonitoredPool,
} from '../support/live-objects.js';
import { ask, sessionCookie } from './ask.js';
import { httpOrigin } from './fake-origin.js';
import { HOST, type RigOptions, setHealth, startRig } from './rig.js';

const { affinityAttributes } = liveSettings({ defaultPools: [] });
const DOWN = 9;
const DOWN_AT = `127.0.0.1:${DOWN}`;

type Setting = Partial<Omit<Parameters<typeof liveLoadBalancer>[0], 'affinityAttributes'>> & {
  readonly attributes?: Partial<LiveAffinityAttributes>;
  readonly failures?: NonNullable<RigOptions['failures']>;
};

const rigOf = (pools: readonly LivePool[], { attributes = {}, failures, ...rest }: Setting = {}) =>
  startRig({
    failures: failures ?? { [DOWN_AT]: 'refused' },
    upsert: {
      pool: pools,
      load_balancer: [
        liveLoadBalancer({
          name: HOST,
          defaultPools: pools.map(({ id }) => id),
          affinityAttributes: { ...affinityAttributes, ...attributes },
          ...rest,
        }),
      ],
    },
  });

const good = (body = 'good') => httpOrigin((_request, response) => response.end(body));

/** The first origin has nearly all the weight, so that it is asked first. */
const firstThen = (first: number, ...others: number[]) => [
  liveOrigin({ name: 'first', port: first }),
  ...others.map((port) => liveOrigin({ port, weight: 1e-12 })),
];

test('T101 without affinity a request that is refused is answered by another origin; each is asked once', async () => {
  const { port } = await good();
  const rig = await rigOf([unmonitoredPool({ id: 'a', origins: firstThen(DOWN, port) })]);
  expect(await ask(rig.port)).toMatchObject({ status: 200, body: 'good' });
  expect(rig.dialled).toEqual([DOWN_AT, `127.0.0.1:${port}`]);
});

test('what an origin itself answers is no reason to ask another one', async () => {
  const failing = await httpOrigin((_request, response) => response.writeHead(503).end('sorry'));
  const { port } = await good();
  const rig = await rigOf([unmonitoredPool({ id: 'a', origins: firstThen(failing.port, port) })]);
  expect(await ask(rig.port)).toMatchObject({ status: 503, body: 'sorry' });
  expect(rig.dialled).toHaveLength(1);
});

test('a retry stays inside the pool, unless failover across pools is on', async () => {
  const { port } = await good();
  const pools = [
    unmonitoredPool({ id: 'a', origins: [liveOrigin({ port: DOWN })] }),
    unmonitoredPool({ id: 'b', origins: [liveOrigin({ port })] }),
  ];
  expect((await ask((await rigOf(pools)).port)).status).toBe(521);
  const across = await rigOf(pools, { failoverAcrossPools: true });
  expect(await ask(across.port)).toMatchObject({ status: 200, body: 'good' });
  expect(across.dialled).toEqual([DOWN_AT, `127.0.0.1:${port}`]);
});

test('a retry goes to healthy origins alone, and not to the fallback pool', async () => {
  const { port } = await good();
  const pools = [
    livePool({ id: 'a', origins: firstThen(DOWN, port) }),
    unmonitoredPool({ id: 'fallback', origins: [liveOrigin({ port })] }),
  ];
  const settings = { defaultPools: ['a'], fallbackPool: 'fallback', failoverAcrossPools: true };
  const rig = await rigOf(pools, settings);
  setHealth(rig, 'a', DOWN, 'healthy');
  setHealth(rig, 'a', port, 'unhealthy');
  expect((await ask(rig.port)).status).toBe(521);
});

/** A session with an origin that then refuses. */
async function brokenSession(
  zeroDowntimeFailover: LiveAffinityAttributes['zeroDowntimeFailover'],
  pools = 1,
) {
  let changes = 0;
  const first = await good('first');
  const other = await good('other');
  const failures: Record<string, 'refused'> = {};
  const origins = [liveOrigin({ port: first.port }), liveOrigin({ port: other.port, weight: 1e-12 })];
  const rig = await rigOf(
    pools === 1
      ? [unmonitoredPool({ id: 'a', origins })]
      : origins.map((origin, index) =>
          unmonitoredPool({ id: 'ab'[index]!, origins: [{ ...origin, weight: 1 }] }),
        ),
    {
      affinity: 'cookie',
      failoverAcrossPools: pools > 1,
      attributes: { zeroDowntimeFailover },
      failures,
    },
  );
  const cookie = sessionCookie(await ask(rig.port))!;
  const set = (to: boolean) => {
    if (to) delete failures[`127.0.0.1:${first.port}`];
    else failures[`127.0.0.1:${first.port}`] = 'refused';
    // Connections that rest would still work; after a change of routes none of them is used again.
    changes += 1;
    rig.apply({ route: [liveRoute({ id: `route-${changes}` })] });
  };
  set(false);
  return { request: (carried = cookie) => ask(rig.port, { headers: { cookie: carried } }), set };
}

test('none: the request of a session gets the error of its origin', async () => {
  const { request } = await brokenSession('none');
  expect((await request()).status).toBe(521);
});

test('temporary: the request goes to another origin, the session stays where it was', async () => {
  const { request, set } = await brokenSession('temporary');
  const moved = await request();
  expect([moved.body, sessionCookie(moved)]).toEqual(['other', undefined]);
  set(true);
  expect((await request()).body).toBe('first');
});

test.each([1, 2])('sticky: the session goes on with the other origin, in %d pool(s)', async (pools) => {
  const { request, set } = await brokenSession('sticky', pools);
  const moved = await request();
  expect(moved.body).toBe('other');
  const cookie = sessionCookie(moved);
  expect(cookie).toBeDefined();
  set(true);
  const next = await request(cookie);
  expect([next.body, sessionCookie(next)]).toEqual(['other', undefined]);
});

test('an origin whose name does not resolve is passed over, into other pools too, and uses up no retry', async () => {
  const { port } = await good();
  const names = ['one.invalid', 'two.invalid', 'three.invalid'];
  const failures = Object.fromEntries(names.map((name) => [name, 'unknown_host' as const]));
  const pools = [
    unmonitoredPool({
      id: 'a',
      origins: names.slice(0, 2).map((address) => liveOrigin({ address, ip: null })),
    }),
    unmonitoredPool({ id: 'b', origins: [liveOrigin({ address: names[2]!, ip: null })] }),
    unmonitoredPool({ id: 'c', origins: firstThen(DOWN, port) }),
  ];
  const rig = await rigOf(pools, { failures: { ...failures, [DOWN_AT]: 'refused' } });
  expect(await ask(rig.port)).toMatchObject({ status: 200, body: 'good' });
  expect(rig.dialled).toHaveLength(5);
});

test('when no name resolves, the fallback pool serves; without one that can, the error is 1016', async () => {
  const { port } = await good();
  const unresolved = unmonitoredPool({
    id: 'a',
    origins: [liveOrigin({ address: 'one.invalid', ip: null })],
  });
  const failures = { 'one.invalid': 'unknown_host' as const };
  const fallback = unmonitoredPool({ id: 'f', origins: [liveOrigin({ port })] });
  const settings = { defaultPools: ['a'], fallbackPool: 'f', failures };
  expect(await ask((await rigOf([unresolved, fallback], settings)).port)).toMatchObject({ body: 'good' });
  const alone = await ask((await rigOf([unresolved], { failures })).port);
  expect([alone.status, alone.body]).toEqual([530, expect.stringContaining('error code: 1016')]);
});

test('passing over names that do not resolve comes to an end', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `name${index}.invalid`);
  const failures = Object.fromEntries(names.map((name) => [name, 'unknown_host' as const]));
  const origins = names.map((address) => liveOrigin({ address, ip: null }));
  const rig = await rigOf([unmonitoredPool({ id: 'a', origins })], { failures });
  expect((await ask(rig.port)).status).toBe(530);
  expect(rig.dialled).toHaveLength(6);
});

test('a pool of many names that do not resolve does not keep the request from the next pool', async () => {
  const { port } = await good();
  const names = Array.from({ length: 20 }, (_, index) => `name${index}.invalid`);
  const failures = Object.fromEntries(names.map((name) => [name, 'unknown_host' as const]));
  const pools = [
    unmonitoredPool({ id: 'a', origins: names.map((address) => liveOrigin({ address, ip: null })) }),
    unmonitoredPool({ id: 'b', origins: [liveOrigin({ port })] }),
  ];
  const rig = await rigOf(pools, { failures });
  expect(await ask(rig.port)).toMatchObject({ status: 200, body: 'good' });
  expect(rig.dialled).toHaveLength(7);
});
