import { once } from 'node:events';
import { expect, test } from 'vitest';
import { NOWHERE } from '../../../src/net/locations.js';
import { UNKNOWN_HEALTH } from '../../../src/state/health-board.js';
import { createPassiveHealth } from '../../../src/state/passive-health.js';
import { createFakeClock } from '../../support/fake-clock.js';
import { closedPort } from '../../support/fake-origins.js';
import {
  liveLoadBalancer,
  liveOrigin,
  livePool,
  liveRoute,
  unmonitoredPool,
} from '../../support/live-objects.js';
import { newest } from '../../support/request-filters.js';
import { eventually } from '../../support/waiting.js';
import { NAME, readToEnd, startTcpOrigin, startTcpRig } from './rig.js';

/** As pino counts. */
const WARN = 40;
const at = (port: number, fields = {}) => liveOrigin({ port, name: `origin-${port}`, ...fields });
const poolOf = (ports: readonly number[], fields = {}) =>
  unmonitoredPool({ id: 'pool', origins: ports.map((port) => at(port)), ...fields });
const balancer = (fields = {}) => liveLoadBalancer({ name: NAME, defaultPools: ['pool'], ...fields });

test('bytes pass both ways, and the end of each direction is passed on by itself', async () => {
  const origin = await startTcpOrigin('a');
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers: [balancer()] });
  const client = rig.connect();
  client.write('hello ');
  client.end('world');
  expect(await readToEnd(client)).toBe('a:hello world');
});

test('an origin that has ended its side still gets what the client sends', async () => {
  let received = '';
  const origin = await startTcpOrigin('a', (socket) => {
    socket.end('bye');
    socket.on('data', (chunk) => {
      received += chunk;
    });
  });
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers: [balancer()] });
  const client = rig.connect();
  expect(await readToEnd(client)).toBe('bye');
  client.end('and thanks');
  await eventually(async () => received === 'and thanks');
});

test('an origin that speaks first is heard, and what the client sent before the origin was there arrives', async () => {
  const origin = await startTcpOrigin('a', (socket) => {
    socket.write('ready ');
    socket.once('data', (chunk) => socket.end(chunk));
  });
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers: [balancer()] });
  const client = rig.connect();
  client.write('early');
  expect(await readToEnd(client)).toBe('ready early');
});

test('a client that reads slowly slows its origin down, and gets every byte', async () => {
  const size = 32 * 1024 * 1024;
  const origin = await startTcpOrigin('a', (socket) => void socket.end(Buffer.alloc(size, 'x')));
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers: [balancer()] });
  const client = rig.connect();
  await once(client, 'readable');
  let count = 0;
  for await (const chunk of client) count += (chunk as Buffer).length;
  expect(count).toBe(size);
});

test('an origin that refuses is replaced by another one of its pool, once', async () => {
  const [first, second] = [await closedPort(), await startTcpOrigin('b')];
  const rig = await startTcpRig({
    pools: [poolOf([first, second.port], { originSteering: 'hash' })],
    loadBalancers: [balancer()],
  });
  for (let i = 0; i < 10; i++) {
    const client = rig.connect();
    client.end('!');
    expect(await readToEnd(client)).toBe('b:!');
  }
  expect(second.accepted).toBe(10);
});

const EVERYTHING = newest(10);

test('the log of requests has each connection, with who took it and why, or why nobody did', async () => {
  const [first, second] = [await closedPort(), await startTcpOrigin('b')];
  const rig = await startTcpRig({
    pools: [poolOf([first, second.port], { originSteering: 'hash' })],
    loadBalancers: [balancer()],
  });
  for (let i = 0; i < 10; i++) {
    const client = rig.connect();
    client.end('!');
    await readToEnd(client);
  }
  const reports = rig.requests.find(EVERYTHING);
  expect(reports).toHaveLength(10);
  expect(new Set(reports.map(({ ray }) => ray)).size).toBe(10);
  expect(reports[0]).toMatchObject({
    method: 'TCP',
    host: NAME,
    path: '',
    status: null,
    error: null,
    clientIp: '127.0.0.1',
    loadBalancer: { name: NAME },
    pool: { id: 'pool' },
    origin: { name: `origin-${second.port}` },
    offRamp: { kind: 'direct' },
    decision: { candidates: ['pool'] },
  });
  rig.store.apply({
    revision: 2,
    complete: false,
    upsert: { pool: [poolOf([first])] },
    remove: {},
  });
  await once(rig.connect(), 'error');
  const [refused] = rig.requests.find(EVERYTHING);
  expect(refused).toMatchObject({
    error: 'refused',
    failedAttempts: [{ origin: `origin-${first}`, failure: 'refused' }],
  });
});

test('origins whose tunnel has no connection, or whose name leads nowhere, are passed, and the one retry is kept', async () => {
  const origin = await startTcpOrigin('b');
  const away = { address: '10.0.0.1', virtualNetworkId: 'network' };
  const rig = await startTcpRig({
    pools: [
      unmonitoredPool({
        id: 'pool',
        origins: [
          at(1, { ...away, weight: 1 }),
          at(2, { ...away, weight: 1e-5 }),
          at(3, { address: 'nowhere.invalid', ip: null, weight: 1e-10 }),
          at(await closedPort(), { weight: 1e-15 }),
          at(origin.port, { weight: 1e-20 }),
        ],
      }),
    ],
    loadBalancers: [balancer()],
  });
  rig.store.apply({
    revision: 2,
    complete: false,
    upsert: { route: [liveRoute({ virtualNetworkId: 'network', network: '10.0.0.0/8' })] },
    remove: {},
  });
  const client = rig.connect();
  client.end('!');
  expect(await readToEnd(client)).toBe('b:!');
  const [report] = rig.requests.find(EVERYTHING);
  expect(report!.failedAttempts.map(({ failure }) => failure)).toEqual([
    'unreachable',
    'unreachable',
    'unknown_host',
    'refused',
  ]);
});

test('an origin without an address is replaced inside its pool, and a pool of such origins has no other one', async () => {
  const spare = await startTcpOrigin('spare');
  const rig = await startTcpRig({
    pools: [
      unmonitoredPool({ id: 'pool', origins: [at(1, { address: 'nowhere.invalid', ip: null })] }),
      unmonitoredPool({ id: 'spare', origins: [at(spare.port)] }),
    ],
    loadBalancers: [balancer({ defaultPools: ['pool', 'spare'], failoverAcrossPools: true })],
  });
  await once(rig.connect(), 'error');
  expect(spare.accepted).toBe(0);
});

test('when two origins refuse, the connection is broken off and no other pool is asked', async () => {
  const spare = await startTcpOrigin('spare');
  const rig = await startTcpRig({
    pools: [
      poolOf([await closedPort(), await closedPort(), await closedPort()]),
      unmonitoredPool({ id: 'spare', origins: [at(spare.port)] }),
    ],
    loadBalancers: [balancer({ defaultPools: ['pool', 'spare'], failoverAcrossPools: true })],
  });
  const client = rig.connect();
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  expect(spare.accepted).toBe(0);
  expect(rig.logged.filter(({ msg }) => msg === 'a TCP connection to an origin failed')).toHaveLength(2);
});

test.each([
  ['there is no such load balancer', [], 'no enabled load balancer'],
  ['it is disabled', [balancer({ enabled: false })], 'no enabled load balancer'],
  ['no pool is left', [balancer({ defaultPools: ['gone'] })], 'no_pool'],
  [
    'a pool set answers by itself',
    [
      balancer({
        poolSets: [
          {
            name: 'all',
            topology: null,
            fixedResponse: { status: 403, contentType: '', body: '', location: '' },
            overrides: {},
          },
        ],
      }),
    ],
    'fixed_response',
  ],
])('a connection is reset when %s, and the log says so', async (_when, loadBalancers, reason) => {
  const origin = await startTcpOrigin('a');
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers });
  const [error] = (await once(rig.connect(), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  expect(rig.logged).toContainEqual(expect.objectContaining({ reason, msg: 'a TCP connection was refused' }));
});

test('an origin without a port is refused with a word about it, said once', async () => {
  const rig = await startTcpRig({ pools: [poolOf([0])], loadBalancers: [balancer()] });
  for (let i = 0; i < 3; i++) await once(rig.connect(), 'error');
  const warnings = rig.logged.filter(({ level }) => level === WARN);
  expect(warnings).toMatchObject([{ origin: 'origin-0', msg: expect.stringContaining('has port 0') }]);
});

test('an origin behind the ingress rules of a tunnel is refused with a word about it, said once', async () => {
  const address = '11111111-2222-4333-8444-555555555555.cfargotunnel.com';
  const published = livePool({ id: 'pool', monitorId: null, origins: [liveOrigin({ address, port: 25 })] });
  const rig = await startTcpRig({ pools: [published], loadBalancers: [balancer()] });
  for (let i = 0; i < 3; i++) await once(rig.connect(), 'error');
  const warnings = rig.logged.filter(({ level }) => level === WARN);
  expect(warnings).toMatchObject([{ origin: 'origin-1', msg: expect.stringContaining('take HTTP alone') }]);
});

test('connections count on the load board while they are open', async () => {
  const origin = await startTcpOrigin('a');
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers: [balancer()] });
  const client = rig.connect();
  await once(client, 'data');
  const { key } = at(origin.port);
  expect([rig.load.connections('pool', key), rig.load.outstanding('pool', key)]).toEqual([1, 1]);
  client.end();
  await eventually(async () => rig.load.connections('pool', key) + rig.load.outstanding('pool', key) === 0);
});

test('an unhealthy origin gets no connection', async () => {
  const [sick, well] = [await startTcpOrigin('sick'), await startTcpOrigin('well')];
  const rig = await startTcpRig({
    pools: [livePool({ id: 'pool', origins: [at(sick.port), at(well.port)] })],
    loadBalancers: [balancer()],
  });
  rig.health.set('pool', at(sick.port).key, { ...UNKNOWN_HEALTH, state: 'unhealthy' });
  rig.health.set('pool', at(well.port).key, { ...UNKNOWN_HEALTH, state: 'healthy' });
  for (let i = 0; i < 5; i++) {
    const client = rig.connect();
    client.end();
    expect(await readToEnd(client)).toBe('well:');
  }
});

test('the country of the client decides where there are pools for it', async () => {
  const [here, there] = [await startTcpOrigin('here'), await startTcpOrigin('there')];
  const rig = await startTcpRig({
    pools: [poolOf([here.port]), unmonitoredPool({ id: 'far', origins: [at(there.port)] })],
    loadBalancers: [balancer({ steeringPolicy: 'geo', countryPools: { NZ: ['far'] } })],
    placeOf: (ip) => ({ ...NOWHERE, country: ip === '127.0.0.1' ? 'NZ' : 'XX' }),
  });
  const client = rig.connect();
  client.end();
  expect(await readToEnd(client)).toBe('there:');
});

test('a private origin is reached through its tunnel', async () => {
  const origin = await startTcpOrigin('private');
  const rig = await startTcpRig({
    pools: [
      unmonitoredPool({
        id: 'pool',
        origins: [at(origin.port, { address: '10.0.0.7', virtualNetworkId: 'vnet-1' })],
      }),
    ],
    loadBalancers: [balancer()],
  });
  rig.store.apply({ revision: 2, complete: false, upsert: { route: [liveRoute()] }, remove: {} });
  rig.tunnels.connect('tunnel-1');
  const client = rig.connect();
  client.write('x');
  expect(String((await once(client, 'data'))[0])).toMatch(/^private:/);
  expect(rig.tunnels.dialled).toEqual([{ tunnelId: 'tunnel-1', host: '10.0.0.7', port: origin.port }]);
});

test('a connection on which nothing moves is reset: an end would say that it was complete', async () => {
  const origin = await startTcpOrigin('a');
  const rig = await startTcpRig({
    pools: [poolOf([origin.port])],
    loadBalancers: [balancer()],
    timeouts: { upgradedIdle: 50 },
  });
  const client = rig.connect();
  await once(client, 'data');
  expect((await once(client, 'error'))[0]).toMatchObject({ code: 'ECONNRESET' });
  await eventually(() => rig.load.connections('pool') === 0);
});

test('more connections than allowed are reset, and one that ends makes room', async () => {
  const origin = await startTcpOrigin('a');
  const rig = await startTcpRig({
    pools: [poolOf([origin.port])],
    loadBalancers: [balancer()],
    maxConnections: 1,
  });
  const first = rig.connect();
  await once(first, 'data');
  await once(rig.connect(), 'error');
  first.destroy();
  await eventually(async () => rig.load.connections('pool') === 0);
  await once(rig.connect(), 'data');
});

test('draining lets a connection end by itself, and takes no new ones', async () => {
  const origin = await startTcpOrigin('a');
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers: [balancer()] });
  const client = rig.connect();
  await once(client, 'data');
  const drained = rig.listeners.drain(20_000);
  // Those whose connect has succeeded before the port closes are still carried.
  await eventually(async () => {
    const late = rig.connect();
    const event = await Promise.race([
      once(late, 'error').then(([error]) => error.code),
      once(late, 'data').then(() => 'carried'),
    ]);
    late.destroy();
    return event === 'ECONNREFUSED';
  });
  client.end('last words');
  expect(await readToEnd(client)).toBe('last words');
  await drained;
});

test('draining resets what does not end in time', async () => {
  const origin = await startTcpOrigin('a');
  const rig = await startTcpRig({ pools: [poolOf([origin.port])], loadBalancers: [balancer()] });
  const client = rig.connect();
  await once(client, 'data');
  const [[error]] = await Promise.all([once(client, 'error'), rig.listeners.drain(0)]);
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});

test('an origin that refuses a connection is left out for a while', async () => {
  const clock = createFakeClock();
  const passive = createPassiveHealth(clock, 10_000);
  const origin = await startTcpOrigin('b');
  const refusing = await closedPort();
  const rig = await startTcpRig({
    passive,
    pools: [
      unmonitoredPool({
        id: 'pool',
        origins: [at(refusing, { weight: 1 }), at(origin.port, { weight: 1e-12 })],
      }),
    ],
    loadBalancers: [balancer()],
  });
  const connect = async () => {
    const client = rig.connect();
    client.end('!');
    expect(await readToEnd(client)).toBe('b:!');
    return rig.requests.find(EVERYTHING)[0]!.failedAttempts.length;
  };
  expect([await connect(), await connect()]).toEqual([1, 0]);
  clock.advance(10_000);
  expect(await connect()).toBe(1);
});
