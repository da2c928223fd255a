import http from 'node:http';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { type Cidr, parseCidr } from '../../src/net/addresses.js';
import { createPrivateListeners } from '../../src/proxy/listeners/listener.js';
import { UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import { NO_PASSIVE_HEALTH } from '../../src/state/passive-health.js';
import type { LiveObjects } from '../../src/state/snapshot.js';
import { NO_SESSIONS } from '../../src/steering/contract.js';
import { httpOrigin } from '../support/fake-origins.js';
import { liveLoadBalancer, liveOrigin, livePool, unmonitoredPool } from '../support/live-objects.js';
import { startRig } from './rig.js';

type Upsert = { readonly [N in keyof LiveObjects]?: readonly LiveObjects[N][] };

/** Addresses of 127.0.0.0/8 are this machine's own on Linux alone. */
const onLinux = test.runIf(process.platform === 'linux');
const named = (text: string) =>
  httpOrigin((request, response) => response.end(`${text} ${request.headers.host}`));
const insideOf = (port: number, fields = {}) =>
  liveOrigin({ port, name: `private-${port}`, virtualNetworkId: 'vnet-1', ...fields });
const ofAccount = (name: string, fields = {}) =>
  liveLoadBalancer({ name, zoneId: null, zoneName: '', defaultPools: ['inside'], ...fields });

async function start(upsert: Upsert, network = '127.100.0.0/16') {
  const rig = await startRig({ upsert });
  const privates = createPrivateListeners({
    network: parseCidr(network) as Cidr,
    port: 0,
    store: rig.store,
    health: rig.health,
    passive: NO_PASSIVE_HEALTH,
    sessions: NO_SESSIONS,
    load: rig.load,
    proxy: rig.proxy,
    log: pino({ level: 'silent' }),
  });
  onTestFinished(() => privates.close());
  await privates.settled();
  return { ...rig, privates };
}

/** Status and body of a GET to an address, for whatever host. */
function get(
  address: { host: string | null; port: number | null },
  host = 'any.host',
): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const request = http.get(
      { host: address.host!, port: address.port!, headers: { host }, agent: false },
      async (response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        resolve([response.statusCode!, body]);
      },
    );
    request.on('error', reject);
  });
}

onLinux('each load balancer of an account has an address, and takes every request there', async () => {
  const [a, b] = [await named('a'), await named('b')];
  const { privates } = await start({
    pool: [
      unmonitoredPool({ id: 'inside', origins: [insideOf(a.port)] }),
      unmonitoredPool({ id: 'other', origins: [insideOf(b.port)] }),
    ],
    load_balancer: [ofAccount('Payroll'), ofAccount('Büro', { defaultPools: ['other'] })],
  });
  const [payroll, office] = privates.addresses();
  expect(payroll).toMatchObject({ id: 'Payroll', accountId: 'account-1', name: 'Payroll', error: null });
  expect(payroll!.host).not.toBe(office!.host);
  expect(await get(payroll!)).toEqual([200, 'a any.host']);
  expect(await get(payroll!, 'payroll.example.com')).toEqual([200, 'a payroll.example.com']);
  expect(await get(office!)).toEqual([200, 'b any.host']);
});

onLinux('it forwards into private networks alone', async () => {
  const [outside, inside] = [await named('outside'), await named('inside')];
  const { privates, apply, dialled } = await start({
    pool: [
      unmonitoredPool({
        id: 'inside',
        origins: [liveOrigin({ port: outside.port }), insideOf(inside.port)],
      }),
    ],
    load_balancer: [ofAccount('Payroll')],
  });
  const [address] = privates.addresses();
  for (let i = 0; i < 10; i++) expect((await get(address!))[1]).toBe('inside any.host');
  apply({ pool: [unmonitoredPool({ id: 'inside', origins: [liveOrigin({ port: outside.port })] })] });
  expect((await get(address!))[0]).toBe(530);
  expect(dialled).not.toContain(`127.0.0.1:${outside.port}`);
});

onLinux('what is under way counts where it decides', async () => {
  const [busy, idle] = [await named('busy'), await named('idle')];
  const origins = [insideOf(busy.port), insideOf(idle.port)];
  const { privates, load } = await start({
    pool: [unmonitoredPool({ id: 'inside', originSteering: 'least_outstanding_requests', origins })],
    load_balancer: [ofAccount('Payroll')],
  });
  // So many that lots never fall to it.
  for (let i = 0; i < 200_000; i++) load.requestStarted('inside', origins[0]!.key);
  const [address] = privates.addresses();
  for (let i = 0; i < 10; i++) expect((await get(address!))[1]).toBe('idle any.host');
});

onLinux('origins outside of private networks still count for the health of their pool', async () => {
  const inside = await named('inside');
  const origins = [liveOrigin({ port: 1 }), insideOf(inside.port)];
  const { privates, health } = await start({
    pool: [
      livePool({ id: 'inside', minimumOrigins: 2, origins }),
      unmonitoredPool({ id: 'none', enabled: false }),
    ],
    load_balancer: [ofAccount('Payroll', { fallbackPool: 'none' })],
  });
  const [address] = privates.addresses();
  expect((await get(address!))[0]).toBe(530);
  for (const { key } of origins) health.set('inside', key, { ...UNKNOWN_HEALTH, state: 'healthy' });
  expect((await get(address!))[0]).toBe(200);
});

onLinux('listeners come and go with the configuration', async () => {
  const a = await named('a');
  const { privates, apply, store } = await start({
    pool: [unmonitoredPool({ id: 'inside', origins: [insideOf(a.port)] })],
    load_balancer: [],
  });
  expect(privates.addresses()).toEqual([]);
  apply({ load_balancer: [ofAccount('Payroll')] });
  await privates.settled();
  const [address] = privates.addresses();
  expect((await get(address!))[0]).toBe(200);
  apply({ load_balancer: [ofAccount('Payroll', { enabled: false })] });
  expect(privates.addresses()).toEqual([]);
  await expect(get(address!)).rejects.toThrow('ECONNREFUSED');
  apply({ load_balancer: [ofAccount('Payroll')] });
  await privates.settled();
  expect(privates.addresses()[0]!.host).toBe(address!.host);
  expect((await get(privates.addresses()[0]!))[0]).toBe(200);
  store.apply({ revision: 99, complete: false, upsert: {}, remove: { load_balancer: ['Payroll'] } });
  expect(privates.addresses()).toEqual([]);
});

onLinux('a change that leaves the address alone does not break connections', async () => {
  const a = await named('a');
  const { privates, apply } = await start({
    pool: [unmonitoredPool({ id: 'inside', origins: [insideOf(a.port)] })],
    load_balancer: [ofAccount('Payroll')],
  });
  const [before] = privates.addresses();
  apply({ load_balancer: [ofAccount('Payroll', { ttl: 60 }), ofAccount('Another')] });
  await privates.settled();
  expect(privates.addresses()[0]).toEqual(before);
});

test('an address that cannot be bound is said to be so, and tried again at the next change', async () => {
  const { privates, apply } = await start({ load_balancer: [ofAccount('Payroll')] }, '10.255.254.0/30');
  expect(privates.addresses()).toMatchObject([
    { port: null, error: expect.stringContaining('EADDRNOTAVAIL') },
  ]);
  apply({ load_balancer: [ofAccount('Payroll'), ofAccount('b'), ofAccount('c')] });
  await privates.settled();
  expect(privates.addresses().map(({ error }) => error)).toEqual([
    expect.stringContaining('EADDRNOTAVAIL'),
    expect.stringContaining('EADDRNOTAVAIL'),
    'the private network has no address left for it',
  ]);
});

onLinux('draining the proxy ends private listeners and lets their requests end', async () => {
  let answer: () => void = () => {};
  const slow = await httpOrigin((_request, response) => {
    answer = () => response.end('late');
    asked();
  });
  let asked: () => void = () => {};
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const { privates, proxy } = await start({
    pool: [unmonitoredPool({ id: 'inside', origins: [insideOf(slow.port)] })],
    load_balancer: [ofAccount('Payroll')],
  });
  const [address] = privates.addresses();
  const response = get(address!);
  await waiting;
  privates.close();
  let over = false;
  const drained = proxy.drain(20_000).then(() => {
    over = true;
  });
  await expect(get(address!)).rejects.toThrow('ECONNREFUSED');
  expect(over).toBe(false);
  answer();
  expect(await response).toEqual([200, 'late']);
  await drained;
});
