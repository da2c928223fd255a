import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, type Stage } from './cast.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(['--location-header', 'x-location']);
});
afterAll(() => stage.offramp.stop());

const down = ({ id: pool_id }: { readonly id: string }) => ({ pool_id, reason: 'TCP connection failed' });
const poolPath = ({ id }: { readonly id: string }) => `@/load_balancers/pools/${id}`;

test('everything is down and the fallback pool serves', async () => {
  const pools = [
    await stage.pool('first', { monitored: true }),
    await stage.pool('second', { monitored: true }),
  ];
  const last = await stage.pool('last', { monitored: true });
  const balancer = await stage.balancer(pools, { fallback_pool: last.id });
  const stream = balancer.stream();
  await stream.until(20, 'first');
  await stage.faults(...[...pools, last].map(down));
  const dark = stream.sent;
  await stream.everyone('last');
  expect(Object.keys(stream.tally(dark).answered)).toEqual(['last']);
  await stage.faults(down(pools[0]!));
  const dawn = stream.sent;
  await stream.everyone('second');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys(stream.tally(dawn).answered)).toEqual(['second']);
});

test('everything is down and there is no fallback', async () => {
  const main = await stage.pool('main', { monitored: true });
  const off = await stage.pool('off', { enabled: false });
  const stream = (await stage.balancer([main], { fallback_pool: off.id })).stream();
  await stream.until(20, 'main');
  await stage.faults(down(main));
  const dark = stream.sent;
  await stream.until(20, 1016);
  const { sent, ...night } = stream.tally(dark);
  expect(night).toEqual({ answered: {}, failed: { 1016: sent }, moved: 0 });
  await stage.faults();
  const dawn = stream.sent;
  await stream.everyone('main');
  expect(Object.keys((await stream.end()).failed)).toEqual(['1016']);
  expect(stream.tally(dawn)).toMatchObject({ failed: {}, moved: 0 });
});

test('traffic is shifted to a canary in steps by weights', async () => {
  const stable = await stage.pool('stable');
  const canary = await stage.pool('canary');
  const weights = (share: number) => ({
    random_steering: { default_weight: 0, pool_weights: { [stable.id]: 1 - share, [canary.id]: share } },
  });
  const balancer = await stage.balancer([stable, canary], { steering_policy: 'random', ...weights(0) });
  const stream = balancer.stream();
  await stream.until(200, 'stable');
  expect(stream.tally()).toMatchObject({ answered: { stable: stream.answers.length }, moved: 0 });
  const shares: number[] = [];
  for (const share of [0.1, 0.5, 0.9]) {
    await stage.change(balancer.path, weights(share));
    const step = stream.sent;
    await stream.until(60, share < 0.5 ? 'canary' : 'stable');
    const { sent, answered } = stream.tally(step);
    shares.push(answered.canary! / sent);
  }
  await stage.change(balancer.path, weights(1));
  const done = stream.sent;
  await stream.until(200, 'canary');
  const { failed } = await stream.end();
  expect(failed).toEqual({});
  expect(Object.keys(stream.tally(done).answered)).toEqual(['canary']);
  // Six standard deviations of so many draws, and more.
  expect(shares[0]).toBeGreaterThan(0.02);
  expect(shares[0]).toBeLessThan(0.25);
  expect(shares[1]).toBeGreaterThan(0.2);
  expect(shares[1]).toBeLessThan(0.8);
  expect(shares[2]).toBeGreaterThan(0.75);
  expect(shares[2]).toBeLessThan(0.98);
});

test("a bad canary answers 500 and is taken out: an origin's own 500 is passed on, and nobody else is asked", async () => {
  let asked = 0;
  const stable = await stage.pool('stable');
  const canary = await stage.pool('canary', {}, (_request, response) => {
    asked += 1;
    response.statusCode = 500;
    response.end('canary');
  });
  const balancer = await stage.balancer([stable, canary], {
    steering_policy: 'random',
    adaptive_routing: { failover_across_pools: true },
  });
  const stream = balancer.stream();
  await stream.until(30, 'canary');
  await stage.change(balancer.path, {
    random_steering: { default_weight: 1, pool_weights: { [canary.id]: 0 } },
  });
  const out = stream.sent;
  await stream.everyone('stable');
  const { sent, answered, failed } = await stream.end();
  expect(failed).toEqual({ 500: asked });
  expect(answered).toEqual({ stable: sent - asked });
  expect(stream.tally(out).failed).toEqual({});
});

test('half of the load is shed to the second pool', async () => {
  const main = await stage.pool('main');
  const relief = await stage.pool('relief');
  const balancer = await stage.balancer([main, relief]);
  const stream = balancer.stream({ lanes: 24, addressOf: (lane) => `127.0.9.${lane + 1}` });
  await stream.everyone('main');
  await stage.change(poolPath(main), { load_shedding: { default_percent: 50, default_policy: 'random' } });
  const drawn = stream.sent;
  await stream.until(400, 'relief');
  const { sent, answered } = stream.tally(drawn);
  expect(answered.relief! / sent).toBeGreaterThan(0.35);
  expect(answered.relief! / sent).toBeLessThan(0.65);

  await stage.change(poolPath(main), { load_shedding: { default_percent: 50, default_policy: 'hash' } });
  const byAddress = stream.sent;
  for (let round = 0; round < 3; round++) await stream.until(60, 'relief');
  await stream.until(60, 'main');
  expect(stream.tally(byAddress)).toMatchObject({ failed: {}, moved: 0 });

  await stage.change(poolPath(main), { load_shedding: null });
  const normal = stream.sent;
  await stream.everyone('main');
  expect((await stream.end()).failed).toEqual({});
  expect(Object.keys(stream.tally(normal).answered)).toEqual(['main']);
});

test('an operator disables a pool by mistake and reverts', async () => {
  const main = await stage.pool('main');
  const spare = await stage.pool('spare');
  const stream = (await stage.balancer([main, spare])).stream();
  await stream.until(20, 'main');
  await stage.change(poolPath(main), { enabled: false });
  const mistake = stream.sent;
  await stream.everyone('spare');
  expect(Object.keys(stream.tally(mistake).answered)).toEqual(['spare']);
  await stage.change(poolPath(main), { enabled: true });
  const reverted = stream.sent;
  await stream.everyone('main');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys(stream.tally(reverted).answered)).toEqual(['main']);
});

test('a load balancer is deleted by mistake and made again', async () => {
  const main = await stage.pool('main');
  const balancer = await stage.balancer([main]);
  const stream = balancer.stream();
  await stream.everyone('main');
  const { status } = await stage.api.delete(balancer.path);
  expect(status).toBe(200);
  const gone = stream.sent;
  await stream.round();
  const { sent, ...outage } = stream.tally(gone);
  expect(outage).toEqual({ answered: {}, failed: { 1001: sent }, moved: 0 });
  await stage.balancer([main], { name: balancer.host });
  const again = stream.sent;
  await stream.everyone('main');
  expect(Object.keys((await stream.end()).failed)).toEqual(['1001']);
  expect(stream.tally(again)).toMatchObject({ failed: {}, moved: 0 });
});

test('a rule puts one path into maintenance with a fixed response', async () => {
  const main = await stage.pool('main');
  const balancer = await stage.balancer([main]);
  const [shop, home] = [balancer.stream({ path: '/shop/cart' }), balancer.stream({ path: '/home' })];
  await Promise.all([shop.until(20, 'main'), home.until(20, 'main')]);
  const rule = {
    name: 'maintenance',
    condition: 'starts_with(http.request.uri.path, "/shop/")',
    fixed_response: { status_code: 503, content_type: 'text/plain', message_body: 'back at noon' },
  };
  await stage.change(balancer.path, { rules: [rule] });
  const closed = shop.sent;
  await Promise.all([shop.until(20, 'back at noon'), home.until(20, 'main')]);
  const { sent, ...maintenance } = shop.tally(closed);
  expect(maintenance).toEqual({ answered: {}, failed: { 503: sent }, moved: 0 });
  await stage.change(balancer.path, { rules: [{ ...rule, disabled: true }] });
  const opened = shop.sent;
  await shop.everyone('main');
  expect(Object.keys((await shop.end()).failed)).toEqual(['503']);
  expect(shop.tally(opened).failed).toEqual({});
  expect(await home.end()).toMatchObject({ answered: { main: home.sent }, failed: {} });
});

test('a country is moved to its own pool (location header)', async () => {
  const world = await stage.pool('world');
  const germany = await stage.pool('germany');
  const balancer = await stage.balancer([world]);
  const from = (country: string) => balancer.stream({ headers: { 'x-location': `country=${country}` } });
  const [german, french] = [from('DE'), from('FR')];
  await Promise.all([german.until(20, 'world'), french.until(20, 'world')]);
  const pool_sets = [
    { name: 'germany', match: { topology: { countries: ['DE'] } }, overrides: { pools: [germany.id] } },
  ];
  await stage.change(balancer.path, { pool_sets });
  const own = german.sent;
  await Promise.all([german.everyone('germany'), french.everyone('world')]);
  expect(await german.end()).toMatchObject({ failed: {}, moved: 4 });
  expect(Object.keys(german.tally(own).answered)).toEqual(['germany']);
  expect(await french.end()).toMatchObject({ answered: { world: french.sent }, failed: {}, moved: 0 });
});

test('a thousand configuration changes while traffic flows', async () => {
  const pools = [await stage.pool('blue'), await stage.pool('green')];
  const balancer = await stage.balancer(pools);
  const stream = balancer.stream({ lanes: 2 });
  const followed: string[] = [];
  const wanted: string[] = [];
  for (let change = 1; change <= 1_000; change++) {
    const { id, name } = pools[change % 2]!;
    await stage.change(balancer.path, { default_pools: [id] });
    if (change % 50 > 1) continue;
    const from = stream.sent;
    await stream.everyone(name);
    wanted.push(name);
    followed.push(Object.keys(stream.tally(from).answered).join());
  }
  expect(followed).toEqual(wanted);
  const last = stream.sent;
  await stream.until(50, 'blue');
  expect((await stream.end()).failed).toEqual({});
  expect(Object.keys(stream.tally(last).answered)).toEqual(['blue']);
});
