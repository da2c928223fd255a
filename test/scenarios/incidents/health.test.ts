import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/waiting.js';
import { openStage, type Stage } from './cast.js';

let stage: Stage;
let webhook: Server;
let webhookIsDown = false;
/** What the webhook has been sent of pools, and with which answer. */
const notices: { id: string; pool: string; health: string; taken: boolean }[] = [];

beforeAll(async () => {
  webhook = createServer(async (request, response) => {
    const { id, data } = JSON.parse(await text(request));
    response.statusCode = webhookIsDown ? 503 : 204;
    notices.push({ id, pool: data.pool?.id, health: data.new_health, taken: !webhookIsDown });
    response.end();
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const { port } = webhook.address() as AddressInfo;
  stage = await openStage([
    ...['--location-header', 'x-location'],
    ...['--notify-url', `http://127.0.0.1:${port}/`],
  ]);
});
afterAll(async () => {
  await stage.offramp.stop();
  webhook.close();
});

const THREE = { monitored: true, check_regions: ['WEU', 'ENAM', 'OC'] };
const seenIn = (pool_id: string, ...regions: string[]) =>
  regions.map((region) => ({ pool_id, region, reason: 'TCP Timeout' }));

test('one of three regions cannot reach the origin', async () => {
  const main = await stage.pool('main', THREE);
  const spare = await stage.pool('spare');
  const stream = (await stage.balancer([main, spare])).stream();
  await stream.until(20, 'main');
  await stage.faults(...seenIn(main.id, 'OC'));
  await stream.until(100, 'main');
  const all = await stream.end();
  expect(all).toMatchObject({ answered: { main: all.sent }, failed: {}, moved: 0 });
});

test('two of three regions cannot reach the origin', async () => {
  const main = await stage.pool('main', THREE);
  const spare = await stage.pool('spare');
  const stream = (await stage.balancer([main, spare])).stream();
  await stream.until(20, 'main');
  await stage.faults(...seenIn(main.id, 'OC', 'WEU'));
  const outvoted = stream.sent;
  await stream.everyone('spare');
  expect(Object.keys(stream.tally(outvoted).answered)).toEqual(['spare']);
  await stage.faults(...seenIn(main.id, 'OC'));
  const better = stream.sent;
  await stream.everyone('main');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys(stream.tally(better).answered)).toEqual(['main']);
});

test('a region that steers by its own checks loses its origin while others keep it', async () => {
  const main = await stage.pool('main', { ...THREE, health_sources: ['regional', 'global'] });
  const spare = await stage.pool('spare');
  const balancer = await stage.balancer([main, spare]);
  const from = (region: string) => balancer.stream({ headers: { 'x-location': `region=${region}` } });
  const [europe, america, elsewhere] = [from('WEU'), from('ENAM'), from('SSAM')];
  await Promise.all([europe, america, elsewhere].map((stream) => stream.until(20, 'main')));
  await stage.faults(...seenIn(main.id, 'WEU'));
  const lost = europe.sent;
  await europe.everyone('spare');
  await Promise.all([america, elsewhere].map((stream) => stream.everyone('main')));
  expect(Object.keys(europe.tally(lost).answered)).toEqual(['spare']);
  await stage.faults();
  const back = europe.sent;
  await europe.everyone('main');
  expect(await europe.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys(europe.tally(back).answered)).toEqual(['main']);
  for (const stream of [america, elsewhere]) {
    expect(await stream.end()).toMatchObject({ answered: { main: stream.sent }, failed: {}, moved: 0 });
  }
});

test('a blip of one check is ridden out by consecutive_down', async () => {
  const main = await stage.pool('main', {});
  const spare = await stage.pool('spare');
  const monitor = await stage.monitor(main.port, { consecutive_down: 3 });
  await stage.change(`@/load_balancers/pools/${main.id}`, { monitor: monitor.id });
  const stream = (await stage.balancer([main, spare])).stream();
  await stream.everyone('main');
  const steady = stream.sent;
  await stage.faults({ pool_id: main.id, reason: 'TCP Timeout' });
  await stream.everyone('main');
  await stage.faults();
  await stage.faults({ pool_id: main.id, reason: 'TCP Timeout' });
  await stream.everyone('main');
  await stage.faults();
  await stream.everyone('main');
  expect(await stream.end()).toMatchObject({ failed: {} });
  expect(stream.tally(steady)).toMatchObject({ failed: {}, moved: 0 });
  expect(Object.keys(stream.tally(steady).answered)).toEqual(['main']);
});

test('a healthy pool’s monitor is tuned (interval, timeout, retries, thresholds, description), field by field', async () => {
  const main = await stage.pool('main', {});
  const spare = await stage.pool('spare');
  const monitor = await stage.monitor(main.port);
  await stage.change(`@/load_balancers/pools/${main.id}`, { monitor: monitor.id });
  await stage.healthy(main.id, true);
  const path = `@/load_balancers/monitors/${monitor.id}`;
  const stream = (await stage.balancer([main, spare])).stream();
  await stream.until(20, 'main');
  for (const fields of [
    { interval: 30 },
    { timeout: 3 },
    { retries: 2 },
    { consecutive_up: 5 },
    { consecutive_down: 5 },
    { description: 'tuned' },
  ]) {
    await stage.change(path, fields);
    await stream.everyone('main');
  }
  const { result } = (await stage.api.get(path)).body;
  expect((await stage.api.put(path, { ...result, interval: 45 })).status).toBe(200);
  await stream.everyone('main');
  const all = await stream.end();
  expect(all).toMatchObject({ answered: { main: all.sent }, failed: {}, moved: 0 });
});

test('the monitor was misconfigured (wrong expected code), and is put right', async () => {
  const main = await stage.pool('main', { monitored: true });
  const spare = await stage.pool('spare');
  const stream = (await stage.balancer([main, spare])).stream();
  const { monitor } = (await stage.api.get(`@/load_balancers/pools/${main.id}`)).body.result;
  await stream.until(20, 'main');
  await stage.change(`@/load_balancers/monitors/${monitor}`, { expected_codes: '204' });
  const wrong = stream.sent;
  await stream.everyone('spare');
  expect(Object.keys(stream.tally(wrong).answered)).toEqual(['spare']);
  await stage.change(`@/load_balancers/monitors/${monitor}`, { expected_codes: '2xx' });
  const right = stream.sent;
  await stream.everyone('main');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys(stream.tally(right).answered)).toEqual(['main']);
});

test("a monitor group's must-be-healthy member fails, and two others do not outvote it", async () => {
  let ready = true;
  const main = await stage.pool('main', {}, (request, response) => {
    response.statusCode = request.url === '/ready' && !ready ? 503 : 200;
    response.end('main');
  });
  const spare = await stage.pool('spare');
  const member = async (path: string, must_be_healthy: boolean) => ({
    monitor_id: (await stage.monitor(main.port, { path, interval: 1 })).id,
    enabled: true,
    monitoring_only: false,
    must_be_healthy,
  });
  const group = await stage.api.create('@/load_balancers/monitor_groups', {
    description: 'ready, and alive in two ways',
    members: [await member('/ready', true), await member('/alive', false), await member('/', false)],
  });
  await stage.change(`@/load_balancers/pools/${main.id}`, { monitor_group: group.id });
  const stream = (await stage.balancer([main, spare])).stream();
  await stream.until(20, 'main');
  ready = false;
  await stream.everyone('spare');
  ready = true;
  await stream.everyone('main');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 8 });
});

test('origins answer slowly and dynamic_latency moves the traffic', async () => {
  const near = await stage.pool('near', { monitored: true });
  const far = await stage.pool('far', { monitored: true });
  await stage.faults({ pool_id: far.id, latency_ms: 2_000 });
  const balancer = await stage.balancer([far, near], { steering_policy: 'dynamic_latency' });
  const stream = balancer.stream();
  await stream.until(20, 'near');
  const settled = stream.sent;
  await stream.until(20, 'near');
  await stage.faults({ pool_id: near.id, latency_ms: 60_000 });
  await stream.everyone('far');
  const moved = stream.sent;
  await stream.everyone('far');
  expect(await stream.end()).toMatchObject({ failed: {} });
  expect(stream.tally(settled).moved).toBe(4);
  expect(Object.keys(stream.tally(moved).answered)).toEqual(['far']);
});

test('a webhook is down and comes back while health flaps', async () => {
  const main = await stage.pool('main', {
    monitored: true,
    notification_filter: { origin: { disable: true } },
  });
  const spare = await stage.pool('spare');
  const about = () => notices.filter(({ pool }) => pool === main.id);
  await eventually(() => about().length === 1);
  const stream = (await stage.balancer([main, spare])).stream();
  await stream.everyone('main');
  webhookIsDown = true;
  await stage.faults({ pool_id: main.id, reason: 'TCP Timeout' });
  await stream.everyone('spare');
  await eventually(() => about().length === 2);
  await stage.faults();
  const back = stream.sent;
  await stream.everyone('main');
  webhookIsDown = false;
  await eventually(() => about().length === 4);
  const [, refused, again, last] = about();
  expect(refused).toMatchObject({ health: 'Unhealthy', taken: false });
  expect(again).toEqual({ ...refused, taken: true });
  expect(last).toMatchObject({ health: 'Healthy', taken: true });
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys(stream.tally(back).answered)).toEqual(['main']);
});
