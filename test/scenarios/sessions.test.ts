import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, ask, sessionCookie } from '../proxy/ask.js';
import type { OriginProcess } from '../support/origin-process.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';

let lab: SharedLab;
let port: number;
let names = 0;

beforeAll(async () => {
  lab = await openSharedLab();
  await lab.connect();
  port = Number(lab.offramp.http.split(':').at(-1));
});
afterAll(() => lab.close());

interface Sessions {
  readonly host: string;
  readonly balancer: string;
  readonly pool: string;
  readonly origins: readonly OriginProcess[];
  readonly first: Answer;
  /** The origin of the first request's session, and the other one. */
  readonly own: OriginProcess;
  readonly other: OriginProcess;
  /** A request of that session, or of a later one. */
  next(cookie?: string): Promise<Answer>;
}

/** A load balancer with two origins and a session with one of them. */
async function begun(attributes: object): Promise<Sessions> {
  const host = `sessions-${++names}.example.com`;
  const origins = [await lab.startOrigin(`${host}-a`), await lab.startOrigin(`${host}-b`)];
  const pool = await lab.createPool(`pool-${names}`, origins);
  const balancer = await lab.api.create('%/load_balancers', {
    name: host,
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
    session_affinity: 'cookie',
    session_affinity_attributes: attributes,
  });
  const first = await ask(port, { host });
  const cookie = sessionCookie(first)!;
  const own = origins.find(({ name }) => name === first.body)!;
  return {
    host,
    balancer: balancer.id,
    pool: pool.id,
    origins,
    first,
    own,
    other: origins.find((origin) => origin !== own)!,
    next: (carried = cookie) => ask(port, { host, headers: { cookie: carried } }),
  };
}

/** The bodies of so many answers, each once. */
async function bodies(count: number, request: () => Promise<Answer>): Promise<string[]> {
  const found = new Set<string>();
  for (let i = 0; i < count; i++) found.add((await request()).body);
  return [...found];
}

test('a session keeps to its origin, and drains from it when the origin is disabled', async () => {
  const { host, balancer, pool, origins, first, own, other, next } = await begun({
    drain_duration: 3600,
    secure: 'Always',
    samesite: 'Strict',
  });
  expect(first.headers['set-cookie']?.[0]).toMatch(/; Path=\/; .*; HttpOnly; Secure; SameSite=Strict$/);
  expect(await bodies(10, next)).toEqual([own.name]);

  const disabled = origins.map((origin) => ({ ...lab.member(origin), enabled: origin !== own }));
  await lab.api.patch(`@/load_balancers/pools/${pool}`, { origins: disabled });
  expect(await bodies(5, next)).toEqual([own.name]);
  expect(await bodies(5, () => ask(port, { host }))).toEqual([other.name]);

  await lab.api.patch(`%/load_balancers/${balancer}`, { session_affinity_attributes: { drain_duration: 0 } });
  const moved = await next();
  expect([moved.body, sessionCookie(moved)]).toEqual([other.name, expect.any(String)]);
});

test('none: a session gets the error of its origin', async () => {
  const { own, next } = await begun({ zero_downtime_failover: 'none' });
  await own.kill();
  expect((await next()).status).toBe(521);
});

test('temporary: while its origin is away a session is served by another, and returns', async () => {
  const { own, other, next } = await begun({ zero_downtime_failover: 'temporary' });
  await own.kill();
  const away = await next();
  expect([away.body, sessionCookie(away)]).toEqual([other.name, undefined]);
  await own.revive();
  expect((await next()).body).toBe(own.name);
});

test('sticky: a session moves to the origin that serves it', async () => {
  const { own, other, next } = await begun({ zero_downtime_failover: 'sticky' });
  await own.kill();
  const moved = await next();
  expect(moved.body).toBe(other.name);
  const cookie = sessionCookie(moved)!;
  await own.revive();
  expect(await bodies(5, () => next(cookie))).toEqual([other.name]);
});
