import { expect, test } from 'vitest';
import type { ExplainQuestion } from '../../src/bridge/reports.js';
import { realTime } from '../../src/net/clock.js';
import { createExplain } from '../../src/proxy/explain.js';
import { createHostIndex } from '../../src/proxy/hosts.js';
import type { LiveObjects } from '../../src/state/snapshot.js';
import { createSteering } from '../../src/steering/decide.js';
import type { Way } from '../../src/tunnel/egress/contract.js';
import {
  liveLoadBalancer,
  liveOrigin,
  livePool,
  liveRoute,
  liveSettings,
  unmonitoredPool,
} from '../support/live-objects.js';
import { newest } from '../support/request-filters.js';
import { ask, sessionCookie } from './ask.js';
import { httpOrigin } from './fake-origin.js';
import { HOST, setHealth, startRig } from './rig.js';

type Upsert = { readonly [N in keyof LiveObjects]?: readonly LiveObjects[N][] };
type BalancerFields = Partial<Parameters<typeof liveLoadBalancer>[0]>;

const balancer = (defaultPools: readonly string[], fields: BalancerFields = {}) =>
  liveLoadBalancer({ name: HOST, id: 'lb', defaultPools, ...fields });

async function setUp(upsert: Upsert, way: Way = { kind: 'direct' }) {
  const rig = await startRig({ upsert, locationHeader: 'x-where' });
  const { store, health, load, sessions, proxyOptions } = rig;
  const steering = createSteering({ pools: store.snapshot.pools, health, load, sessions: sessions.look });
  const explain = createExplain({
    clock: realTime,
    snapshot: store.snapshot,
    hosts: createHostIndex(store),
    health,
    offramps: { select: () => way, connectors: () => [] },
    steering,
    places: proxyOptions,
  });
  const question: ExplainQuestion = {
    scheme: 'http',
    authority: HOST,
    target: '/',
    method: 'GET',
    clientIp: '192.0.2.1',
    headers: [],
  };
  return { rig, explain: (asked: Partial<ExplainQuestion> = {}) => explain({ ...question, ...asked }) };
}

test('an explanation names the load balancer, each pool and origin with what stands against it, and the way', async () => {
  const { rig, explain } = await setUp({
    pool: [
      livePool({
        id: 'a',
        name: 'pool a',
        origins: [
          liveOrigin({ name: 'off', port: 1, enabled: false }),
          liveOrigin({ name: 'sick', port: 2 }),
          liveOrigin({ name: 'new', port: 3 }),
        ],
      }),
      unmonitoredPool({
        id: 'b',
        name: 'pool b',
        origins: [liveOrigin({ name: 'one', port: 8081 }), liveOrigin({ name: 'none', port: 5, weight: 0 })],
      }),
    ],
    load_balancer: [balancer(['a', 'gone', 'b'], { fallbackPool: 'a' })],
  });
  setHealth(rig, 'a', 2, 'unhealthy');
  const answer = explain();
  expect(answer).toMatchObject({
    outcome: 'origin',
    host: HOST,
    clientIp: '192.0.2.1',
    place: { pop: 'LOC' },
    loadBalancer: { id: 'lb', name: HOST, proxied: true },
    decision: { policy: 'off', rules: [], poolSet: null, pin: 'none' },
    affinity: 'none',
    chosen: {
      pool: { id: 'b', name: 'pool b' },
      origin: { name: 'one', address: '127.0.0.1', port: 8081 },
      viaFallback: false,
      pinned: false,
      startsSession: false,
      way: { kind: 'direct', tunnel: null, route: null, detail: null },
    },
    error: null,
  });
  expect(answer.candidates.map(({ name, state, share }) => [name, state, share])).toEqual([
    ['pool a', 'unhealthy', 0],
    [null, 'missing', 0],
    ['pool b', 'available', 1],
  ]);
  const origins = answer.candidates.flatMap((pool) => pool.origins);
  expect(origins.map(({ name, reason, health, share }) => [name, reason, health, share])).toEqual([
    ['off', 'disabled', null, 0],
    ['sick', 'unhealthy', 'unhealthy', 0],
    ['new', 'not_checked_yet', 'unknown', 0],
    ['one', null, null, 1],
    ['none', 'weight_0', null, 0],
  ]);
  expect(answer.fallback).toMatchObject({ name: 'pool a', state: 'unhealthy', share: 0 });
});

test('of policies that draw, the share of each pool and origin is told, and shedding is in it', async () => {
  const origins = (pool: number) => [
    liveOrigin({ name: 'x', port: pool, weight: 0.75 }),
    liveOrigin({ name: 'y', port: pool + 1, weight: 0.25 }),
  ];
  const loadShedding = { defaultPercent: 50, defaultPolicy: 'random', sessionPercent: 0 } as const;
  const { explain } = await setUp({
    pool: [
      unmonitoredPool({ id: 'a', origins: origins(1) }),
      unmonitoredPool({ id: 'b', origins: origins(3) }),
      unmonitoredPool({ id: 'c', origins: origins(5), loadShedding }),
    ],
    load_balancer: [
      balancer(['a', 'b', 'c'], {
        steeringPolicy: 'random',
        randomSteering: { defaultWeight: 1, poolWeights: { a: 0.3, b: 0.1, c: 0.4 } },
      }),
    ],
  });
  const { candidates } = explain();
  const shares = candidates.map(({ share }) => share);
  // Half of what c would get goes to the others as they weigh.
  for (const [index, expected] of [0.5625, 0.1875, 0.25].entries())
    expect(Math.abs(shares[index]! - expected)).toBeLessThan(0.06);
  for (const { origins: spread } of candidates) expect(Math.abs(spread[0]!.share - 0.75)).toBeLessThan(0.12);
  expect(candidates.map(({ state }) => state)).toEqual(['available', 'available', 'available']);
});

test('rules and places are those of the request that is asked about', async () => {
  const rule = (name: string, condition: string, status: number | null) => ({
    name,
    condition,
    terminates: status !== null,
    fixedResponse: status === null ? null : { status, contentType: '', body: '', location: '/there' },
    overrides: { failoverAcrossPools: true },
  });
  const { explain } = await setUp({
    pool: [unmonitoredPool({ id: 'a' })],
    load_balancer: [
      balancer(['a'], {
        rules: [
          rule('by header', 'any(http.request.headers["x-who"][*] eq "me")', null),
          rule('by path', 'http.request.uri.path eq "/go" and http.request.method eq "POST"', 302),
        ],
      }),
    ],
  });
  const headers = [
    ['X-Who', 'me'],
    ['X-Where', 'country=DE;pop=FRA'],
  ] as const;
  expect(explain({ headers, target: '/go?x', method: 'POST' })).toMatchObject({
    outcome: 'fixed_response',
    place: { country: 'DE', pop: 'FRA' },
    decision: { rules: ['by header', 'by path'] },
    fixedResponse: { status: 302, location: '/there' },
    chosen: null,
  });
  expect(explain().decision?.rules).toEqual([]);
});

test('rules are asked once, however often chance is tried, and what they set counts for the shares', async () => {
  const rig = await startRig({
    upsert: {
      pool: ['a', 'b'].map((id) => unmonitoredPool({ id, origins: [liveOrigin({ port: 1 })] })),
      load_balancer: [
        balancer(['a', 'b'], {
          rules: [
            {
              name: 'draws',
              condition: 'http.host ne ""',
              terminates: false,
              fixedResponse: null,
              overrides: { steeringPolicy: 'random' },
            },
          ],
        }),
      ],
    },
  });
  const { store, health, load, sessions, proxyOptions } = rig;
  const steering = createSteering({ pools: store.snapshot.pools, health, load, sessions: sessions.look });
  const rules: number[] = [];
  const explain = createExplain({
    clock: realTime,
    snapshot: store.snapshot,
    hosts: createHostIndex(store),
    health,
    offramps: { select: () => ({ kind: 'direct' }), connectors: () => [] },
    steering: {
      ...steering,
      decide(loadBalancer, context) {
        rules.push(loadBalancer.rules.length);
        return steering.decide(loadBalancer, context);
      },
    },
    places: proxyOptions,
  });
  const answer = explain({
    scheme: 'http',
    authority: HOST,
    target: '/',
    method: 'GET',
    clientIp: '192.0.2.1',
    headers: [],
  });
  expect(answer.candidates.every(({ share }) => share > 0.4)).toBe(true);
  expect(rules.length).toBeGreaterThan(100);
  expect(rules.filter((count) => count > 0)).toHaveLength(1);
});

test.each<[string, Partial<ExplainQuestion>, object]>([
  ['a name that nobody has', { authority: 'other.example.com:80' }, { status: 530, code: 1001 }],
  ['a target that cannot be read', { target: '/a b' }, { status: 400 }],
  ['a host that cannot be', { authority: 'a/b' }, { status: 400 }],
  ['a loop', { headers: [['CDN-Loop', 'offramp, offramp, offramp']] }, { status: 508, code: 1000 }],
])('%s is explained as the error that it gets', async (_what, asked, error) => {
  const { explain } = await setUp({ pool: [], load_balancer: [balancer([])] });
  const explained = explain(asked);
  expect(explained).toMatchObject({ outcome: 'error', loadBalancer: null, error });
  // What the document says of it, and nothing else.
  expect(Object.keys(explained.error!)).toEqual(['status', 'code', 'text']);
});

test('without a pool that can serve, the error is 1016', async () => {
  const { explain } = await setUp({
    pool: [unmonitoredPool({ id: 'a', enabled: false })],
    load_balancer: [balancer(['a'])],
  });
  expect(explain()).toMatchObject({ outcome: 'error', error: { status: 530, code: 1016 }, chosen: null });
});

test('the way through a tunnel is named, and a way that is not there is the error it would be', async () => {
  const tunnel = {
    id: 'tunnel-1',
    accountId: 'account-1',
    name: 'lab',
    secretSha256: '',
    configuration: null,
  };
  const objects: Upsert = {
    pool: [unmonitoredPool({ id: 'a' })],
    load_balancer: [balancer(['a'])],
    tunnel: [tunnel],
    route: [liveRoute()],
  };
  const through = await setUp(objects, { kind: 'tunnel', tunnelId: 'tunnel-1', routeId: 'route-1' });
  expect(through.explain().chosen?.way).toEqual({
    kind: 'tunnel',
    tunnel: { id: 'tunnel-1', name: 'lab' },
    route: { id: 'route-1', network: '10.0.0.0/8' },
    detail: null,
    avoided: [],
  });
  const ingress = await setUp(objects, { kind: 'ingress', tunnelId: 'tunnel-1' });
  expect(ingress.explain().chosen?.way).toEqual({
    kind: 'ingress',
    tunnel: { id: 'tunnel-1', name: 'lab' },
    route: null,
    detail: null,
    avoided: [],
  });
  const none = await setUp(objects, { kind: 'none', failure: 'no_connection', detail: 'Tunnel has none' });
  expect(none.explain()).toMatchObject({
    outcome: 'origin',
    chosen: { way: { kind: 'none', detail: 'Tunnel has none' } },
    error: { status: 523, code: 523 },
  });
});

test('sessions are looked at and neither used nor begun, and nothing is counted', async () => {
  const { affinityAttributes } = liveSettings({ defaultPools: [] });
  const { port } = await httpOrigin((_request, response) => response.end('good'));
  const origins = [liveOrigin({ name: 'x', port }), liveOrigin({ name: 'y', address: '127.0.0.2', port: 1 })];
  const { rig, explain } = await setUp({
    pool: [unmonitoredPool({ id: 'a', origins: [origins[0]!] })],
    load_balancer: [
      balancer(['a'], { affinity: 'cookie' }),
      liveLoadBalancer({
        name: 'h.example.com',
        defaultPools: ['a'],
        affinity: 'header',
        affinityAttributes: { ...affinityAttributes, headers: ['x-s'] },
      }),
    ],
  });
  expect(explain().chosen).toMatchObject({ pinned: false, startsSession: true });
  const cookie = sessionCookie(await ask(rig.port))!;
  rig.apply({ pool: [unmonitoredPool({ id: 'a', origins })] });
  const pinned = explain({ headers: [['Cookie', cookie]] });
  expect(pinned.chosen).toMatchObject({ origin: { name: 'x' }, pinned: true, startsSession: false });
  expect(pinned.decision?.pin).toBe('honoured');
  expect(pinned.candidates[0]?.origins.map(({ share }) => share)).toEqual([1, 0]);

  const byHeader = { authority: 'h.example.com', headers: [['x-s', '1']] } as const;
  expect(explain(byHeader).chosen?.startsSession).toBe(true);
  expect(explain(byHeader).chosen?.startsSession).toBe(true);
  expect(rig.load.outstanding('a')).toBe(0);
  expect(rig.requests.find({ ...newest(10), host: 'h.example.com' })).toEqual([]);
});
