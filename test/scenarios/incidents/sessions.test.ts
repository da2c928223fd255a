import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { closedPort, httpOrigin } from '../../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { startOriginProcess } from '../../support/origin-process.js';
import type { Stream } from '../../support/stream.js';
import { openStage, type Stage } from './cast.js';

let stage: Stage;
let flags: readonly string[];
let running: RunningOfframp;
beforeAll(async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-incidents-'));
  flags = ['--data-dir', dataDir, '--http-port', `${await closedPort()}`];
  stage = await openStage(flags);
  running = stage.offramp;
});
afterAll(() => running.stop());

/** So many that each of two origins has some of them. */
const CLIENTS = 24;

const COOKIES = { steering_policy: 'random', session_affinity: 'cookie' };

function lanesWith(stream: Stream, name: string): number[] {
  return stream.lastBy().flatMap((by, lane) => (by === name ? [lane] : []));
}

function lanesThatFailed(stream: Stream, since = 0): number[] {
  const failed = stream.answers.filter(({ number, by }) => number >= since && by === null);
  return [...new Set(failed.map(({ lane }) => lane))].sort((a, b) => a - b);
}

test('an origin with pinned sessions dies: none, temporary and sticky', async () => {
  const origin = await startOriginProcess('dies', '127.0.0.1');
  onTestFinished(() => origin.kill());
  const dies = await stage.api.create('@/load_balancers/pools', {
    name: 'dies',
    origins: [{ name: 'dies', address: 'localhost', port: origin.port }],
  });
  const stays = await stage.pool('stays');
  const streamOf = async (zero_downtime_failover: string) => {
    const balancer = await stage.balancer([dies, stays], {
      ...COOKIES,
      session_affinity_attributes: { zero_downtime_failover },
      adaptive_routing: { failover_across_pools: true },
    });
    return balancer.stream({ lanes: CLIENTS, sessions: true });
  };
  const streams = [await streamOf('none'), await streamOf('temporary'), await streamOf('sticky')] as const;
  const [none, temporary, sticky] = streams;
  const everybody = () => Promise.all(streams.map((stream) => stream.round()));
  await everybody();
  const pinned = streams.map((stream) => lanesWith(stream, 'dies'));

  await origin.kill();
  const dead = streams.map((stream) => stream.sent);
  await everybody();
  const { failed, ...rest } = none.tally(dead[0]);
  expect(Object.keys(failed)).toEqual(['521']);
  expect(Object.keys(rest.answered)).toEqual(['stays']);
  for (const stream of [temporary, sticky]) expect(lanesWith(stream, 'stays')).toHaveLength(CLIENTS);

  await origin.revive();
  await everybody();
  await everybody();
  expect(lanesWith(none, 'dies')).toEqual(pinned[0]);
  expect(lanesWith(temporary, 'dies')).toEqual(pinned[1]);
  expect(lanesWith(sticky, 'dies')).toEqual([]);

  const [ofNone, ofTemporary, ofSticky] = await Promise.all(streams.map((stream) => stream.end()));
  expect(lanesThatFailed(none)).toEqual(pinned[0]);
  expect(ofNone).toMatchObject({ moved: 0 });
  expect(ofTemporary).toMatchObject({ failed: {}, moved: pinned[1]!.length * 2 });
  expect(ofSticky).toMatchObject({ failed: {}, moved: pinned[2]!.length });
});

test('a pool is drained while clients hold sessions (drain_duration)', async () => {
  const main = await stage.pool('main');
  const spare = await stage.pool('spare');
  const balancer = await stage.balancer([main, spare], {
    session_affinity: 'cookie',
    session_affinity_attributes: { drain_duration: 3600 },
  });
  const [held, strangers] = [balancer.stream({ sessions: true }), balancer.stream()];
  await Promise.all([held.everyone('main'), strangers.everyone('main')]);
  const origins = [{ name: 'main', address: 'localhost', port: main.port, enabled: false }];
  await stage.change(`@/load_balancers/pools/${main.id}`, { origins });
  const draining = strangers.sent;
  await Promise.all([held.until(50, 'main'), strangers.everyone('spare')]);
  expect(held.tally()).toMatchObject({ answered: { main: held.answers.length }, moved: 0 });
  expect(await strangers.end()).toMatchObject({ failed: {}, moved: 4 });
  expect(Object.keys(strangers.tally(draining).answered)).toEqual(['spare']);

  await stage.change(balancer.path, { session_affinity_attributes: { drain_duration: 0 } });
  const drained = held.sent;
  await held.everyone('spare');
  expect(await held.end()).toMatchObject({ failed: {}, moved: 4 });
  expect(Object.keys(held.tally(drained).answered)).toEqual(['spare']);
});

test('an origin gets another port while clients hold sessions with it', async () => {
  const main = await stage.pool('before');
  const next = await httpOrigin((_request, response) => response.end('after'));
  const balancer = await stage.balancer([main], { session_affinity: 'cookie' });
  const stream = balancer.stream({ sessions: true });
  await stream.everyone('before');
  await stage.change(`@/load_balancers/pools/${main.id}`, {
    origins: [{ name: 'after', address: 'localhost', port: next.port }],
  });
  const changed = stream.sent;
  await stream.everyone('after');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 4 });
  expect(Object.keys(stream.tally(changed).answered)).toEqual(['after']);
});

test('the control plane restarts with its data directory and cookies still hold', async () => {
  const pools = [await stage.pool('left'), await stage.pool('right')];
  const balancer = await stage.balancer(pools, COOKIES);
  const stream = balancer.stream({ lanes: CLIENTS, sessions: true });
  await stream.round();
  const before = stream.lastBy();
  await running.stop();
  await stream.until(CLIENTS, 'ECONNREFUSED');
  running = await startOfframp(flags);
  const back = stream.sent;
  await stream.round();
  expect(stream.lastBy()).toEqual(before);
  const { failed, moved } = await stream.end();
  expect(moved).toBe(0);
  // At the stop those that are idle are closed; a request that is just being sent then finds nobody.
  for (const code of Object.keys(failed)) expect(['ECONNREFUSED', 'ECONNRESET']).toContain(code);
  // And so does one whose next connection waits to be accepted when the port closes.
  const resets = stream.answers.filter(({ code }) => code === 'ECONNRESET').map(({ lane }) => lane);
  for (const lane of resets) expect(resets.filter((other) => other === lane).length).toBeLessThanOrEqual(2);
  expect(stream.tally(back)).toMatchObject({ failed: {}, moved: 0 });
});
