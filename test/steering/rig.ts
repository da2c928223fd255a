import type { Facts } from '../../src/expressions/facts.js';
import { NOWHERE } from '../../src/net/locations.js';
import { createHealthBoard, type HealthState, UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import { createLoadBoard } from '../../src/state/load-board.js';
import type { LiveOrigin, LivePool } from '../../src/state/snapshot.js';
import { PoolTable } from '../../src/state/snapshot-store.js';
import type { Decision, Pin, Plan, RequestContext, SessionSource } from '../../src/steering/contract.js';
import { createSteering } from '../../src/steering/decide.js';
import { liveLoadBalancer, liveOrigin } from '../support/live-objects.js';
import { seededRandom } from './seeded-random.js';

/** A request can carry a session, as far as the test's `pin` says so. */
export const SESSION_SOURCE: SessionSource = {
  cookie: () => undefined,
  cookies: () => undefined,
  header: () => undefined,
};

const FACTS: Facts = {
  loadBalancer: 'x',
  region: '',
  clientIp: '192.0.2.1',
  dns: null,
  http: {
    method: 'GET',
    host: 'x',
    uri: '/',
    version: 'HTTP/1.1',
    timestamp: 1_700_000_000,
    headers: () => new Map(),
  },
};

/** A GET of `/` with this path instead. */
export const pathFacts = (uri: string, fields: Partial<Facts> = {}) => ({
  facts: (): Facts => ({ ...FACTS, ...fields, http: { ...FACTS.http!, uri } }),
});

export function contextOf(fields: Partial<RequestContext> = {}): RequestContext {
  return {
    clientIp: '192.0.2.1',
    random: seededRandom(7),
    now: 1_700_000_000_000,
    place: NOWHERE,
    facts: () => FACTS,
    sessionSource: null,
    ...fields,
  };
}

/** An origin that is known by its name. */
export const origin = (name: string, fields: Partial<LiveOrigin> = {}) =>
  liveOrigin({ name, key: name, port: 80, ...fields });

export type BalancerFields = Partial<Parameters<typeof liveLoadBalancer>[0]>;

/** Steering over these pools, which a load balancer has in this order, with `fallback` as its fallback pool. */
export function steer(pools: readonly LivePool[], fields: BalancerFields = {}) {
  const byId = new PoolTable(pools.map((pool) => [pool.id, pool]));
  const health = createHealthBoard();
  const load = createLoadBoard();
  const session: { pin: Pin | null } = { pin: null };
  const steering = createSteering({
    pools: byId,
    health,
    load,
    sessions: { find: () => session.pin, pin: () => null },
  });
  const context = contextOf();
  const defaultPools = pools.map(({ id }) => id);
  const balancer = liveLoadBalancer({ name: 'x', defaultPools, fallbackPool: 'fallback', ...fields });
  return {
    byId,
    health,
    load,
    session,
    balancer,
    decide: (other: Partial<RequestContext> = {}): Decision =>
      steering.decide(balancer, { ...context, ...other }),
    alternative: (plan: Plan, tried: readonly LiveOrigin[] = [], other: Partial<RequestContext> = {}) =>
      steering.alternative(plan, { ...context, ...other }, tried),
    reselect: (plan: Plan, tried: readonly LiveOrigin[] = [], excludesPool = false) =>
      steering.reselect(plan, context, tried, excludesPool),
    verdict: (poolId: string, name: string, state: HealthState, fields = {}) =>
      health.set(poolId, name, { ...UNKNOWN_HEALTH, state, ...fields }),
  };
}

/** `pool/origin`, with ` via fallback` where that is so; of other decisions their kind. */
export function target(decision: Decision | null): string {
  if (decision === null) return 'nothing';
  if (decision.kind !== 'plan') return decision.kind;
  return `${decision.pool.id}/${decision.origin.name}${decision.viaFallback ? ' via fallback' : ''}`;
}
