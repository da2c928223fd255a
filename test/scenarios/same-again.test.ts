import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { ask, sessionCookie } from '../proxy/ask.js';
import { type Api, apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { startOfframp } from '../support/offramp.js';

const ROUNDS = process.env.OFFRAMP_TEST_LONG ? 50 : 2;
const START = '2030-01-31T12:00:00Z';

/** One Offramp whose clock stands, and what was seen of it. */
interface Stage {
  readonly api: Api;
  readonly offramp: Awaited<ReturnType<typeof startOfframp>>;
  readonly origins: readonly Origin[];
  readonly seen: unknown[];
  own(method: string, target: string, body?: unknown): Promise<Record<string, unknown>>;
  clock(change: { set: string } | { advance_ms: number } | { stop: true; set: string }): Promise<unknown>;
}

interface Origin {
  readonly name: string;
  readonly state: { isUp: boolean };
  readonly port: number;
}

async function originCalled(name: string): Promise<Origin> {
  const state = { isUp: true };
  const { port } = await httpOrigin((_request, response) => {
    response.statusCode = state.isUp ? 200 : 503;
    response.end(name);
  });
  return { name, state, port };
}

async function openStage(origins: readonly Origin[]): Promise<Stage> {
  const flags = ['--direct-network', '127.0.0.0/8', '--min-monitor-interval', '10'];
  const offramp = await startOfframp(['--memory', '--random-seed', 'same again', ...flags]);
  const own: Stage['own'] = async (method, target, body) => {
    const response = await fetch(new URL(`/_offramp/${target}`, offramp.apiUrl), {
      method,
      headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  };
  const clock: Stage['clock'] = (change) => own('POST', 'clock', change);
  await clock({ stop: true, set: START });
  return { api: apiOf(offramp), offramp, origins, seen: [], own, clock };
}

const portOf = ({ offramp }: Stage) => Number(offramp.http.split(':').at(-1));

/** Each origin in a pool of its own. */
async function failover(stage: Stage): Promise<void> {
  const { api, origins, seen, clock } = stage;
  for (const { state } of origins) state.isUp = true;
  const pools: string[] = [];
  for (const { name, port } of origins) {
    const one = [{ name, address: '127.0.0.1', port }];
    const monitor = await api.create('@/load_balancers/monitors', {
      ...{ type: 'http', port, expected_codes: '200', interval: 10, retries: 0, timeout: 2 },
    });
    pools.push((await api.create('@/load_balancers/pools', { name, monitor: monitor.id, origins: one })).id);
  }
  await api.create('%/load_balancers', {
    ...{ name: 'app.example.com', default_pools: pools, fallback_pool: pools[1], proxied: true },
    steering_policy: 'random',
  });
  const asked = async (times: number) => {
    const bodies: string[] = [];
    for (let count = 0; count < times; count += 1)
      bodies.push((await ask(portOf(stage), { host: 'app.example.com' })).body);
    return bodies;
  };
  await clock({ advance_ms: 20_000 });
  seen.push(await asked(20));
  origins[0]!.state.isUp = false;
  await clock({ advance_ms: 20_000 });
  seen.push(await asked(5));
}

/** Both origins in one pool, and a visitor who holds a session with one of them. */
async function drainAndSession(stage: Stage): Promise<void> {
  const { api, origins, seen, clock } = stage;
  const host = 'sessions.example.com';
  const all = origins.map(({ name, port }, index) => ({
    ...{ name, address: ['127.0.0.1', 'localhost'][index], port },
  }));
  const pool = await api.create('@/load_balancers/pools', { name: 'sessions', origins: all });
  await api.create('%/load_balancers', {
    ...{ name: host, default_pools: [pool.id], fallback_pool: pool.id, proxied: true },
    ...{ session_affinity: 'cookie', session_affinity_ttl: 1_800 },
    session_affinity_attributes: { drain_duration: 60 },
  });
  const first = await ask(portOf(stage), { host });
  const cookie = sessionCookie(first)!;
  /** Who answers, and whether a new session has begun. */
  const visit = async () => {
    const answer = await ask(portOf(stage), { host, headers: { cookie } });
    seen.push([answer.body, sessionCookie(answer) !== undefined]);
  };
  seen.push(first.body, /Expires=([^;]+)/.exec(first.headers['set-cookie']![0]!)![1]);
  const changed = (enabled: boolean) =>
    api.patch(`@/load_balancers/pools/${pool.id}`, {
      origins: all.map((origin) => (origin.name === first.body ? { ...origin, enabled } : origin)),
    });
  await changed(false);
  await clock({ advance_ms: 59_999 });
  await visit();
  await clock({ advance_ms: 1 });
  await visit();
  await changed(true);
  await clock({ advance_ms: 1_739_999 });
  await visit();
  await clock({ advance_ms: 1 });
  await visit();
}

async function tokenExpiry({ api, offramp, seen, clock }: Stage): Promise<void> {
  const name = encodeURIComponent('Load Balancing: Monitors and Pools Read');
  const groups = (await api.get(`/user/tokens/permission_groups?name=${name}`)).body;
  const resources = { [`com.cloudflare.api.account.${offramp.accountId}`]: '*' };
  const token = await api.create('/user/tokens', {
    name: 'until one',
    expires_on: '2030-01-31T13:00:00Z',
    policies: [{ effect: 'allow', permission_groups: [{ id: groups.result[0].id }], resources }],
  });
  const limited = apiOf(offramp, token.value);
  for (const set of ['2030-01-31T12:59:59Z', '2030-01-31T13:00:00Z']) {
    await clock({ set });
    seen.push((await limited.get('@/load_balancers/pools')).status);
  }
}

/** What the edge shows connectors: a certificate for a year, renewed thirty days before its end. */
async function certificateRenewal(stage: Stage): Promise<void> {
  for (const set of ['2030-12-31T12:00:00Z', '2031-01-02T12:00:00Z']) {
    await stage.clock({ set });
    stage.seen.push(await shownUntil(stage));
  }
}

async function shownUntil({ offramp }: Stage): Promise<string> {
  const [host, port] = offramp.edge.split(':');
  const ca = readFileSync(offramp.edgeCa);
  const servername = 'h2.cftunnel.com';
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const opened = connect({ host, port: Number(port), ca, servername }, () => resolve(opened));
    opened.once('error', reject);
  });
  const { valid_to } = socket.getPeerCertificate();
  socket.destroy();
  return valid_to;
}

/** Everything that the events and the log of requests tell, but for what was measured and where the visitor's socket was. */
async function journals({ api, seen, own }: Stage): Promise<void> {
  type Entry = Record<string, unknown>;
  const events = (await api.get('/user/load_balancing_analytics/events')).body.result as Entry[];
  seen.push(events.map(({ timestamp, pool, origins }) => ({ timestamp, pool, origins })));
  const { requests } = (await own('GET', 'requests?limit=100')) as { requests: Entry[] };
  expect(requests).toHaveLength(30);
  seen.push(requests.map(({ duration_ms: _took, first_byte_ms: _first, client_ip: _ip, ...rest }) => rest));
}

async function scenario(origins: readonly Origin[]): Promise<unknown[]> {
  const stage = await openStage(origins);
  try {
    for (const part of [failover, drainAndSession, tokenExpiry, certificateRenewal, journals])
      await part(stage);
  } finally {
    await stage.offramp.stop();
  }
  return stage.seen;
}

test('with a stopped clock and a seed, the same is asked and the same comes of it', {
  timeout: ROUNDS * 60_000,
}, async () => {
  // The same for all rounds: their ports are told.
  const origins = await Promise.all(['one', 'two'].map(originCalled));
  const first = await scenario(origins);
  const [drawn, failedOver, holder, expires, ...rest] = first;
  const other = holder === 'one' ? 'two' : 'one';
  expect(new Set(drawn as string[])).toEqual(new Set(['one', 'two']));
  expect(failedOver).toEqual(Array(5).fill('two'));
  expect(expires).toBe('Thu, 31 Jan 2030 12:30:40 GMT');
  const [drained, over, again, ended, good, expired, year, renewed] = rest;
  expect([drained, over]).toEqual([
    [holder, false],
    [other, true],
  ]);
  expect([again, ended]).toEqual([
    [holder, false],
    [expect.any(String), true],
  ]);
  expect([good, expired]).toEqual([200, 403]);
  expect([year, renewed]).toEqual(['Jan 31 12:00:00 2031 GMT', 'Jan  2 12:00:00 2032 GMT']);
  for (let round = 1; round < ROUNDS; round += 1)
    expect(await scenario(origins), `round ${round}`).toEqual(first);
});
