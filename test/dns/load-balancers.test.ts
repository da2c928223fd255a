import { expect, test } from 'vitest';
import { seededRandom } from '../steering/seeded-random.js';
import { createFakeClock } from '../support/fake-clock.js';
import { liveLoadBalancer, liveOrigin, livePool, unmonitoredPool } from '../support/live-objects.js';
import { eventually } from '../support/waiting.js';
import { type DnsRigOptions, setHealth, startDnsRig } from './rig.js';

const NAME = 'app.example.com';
const origin = (address: string, fields = {}) => liveOrigin({ address, name: address, ...fields });
const unproxied = (fields = {}) =>
  liveLoadBalancer({ name: NAME, proxied: false, defaultPools: ['pool'], ...fields });

/** One load balancer that is not proxied over one unmonitored pool of these origins. */
const startWith = (origins: ReturnType<typeof origin>[], fields = {}, options: DnsRigOptions = {}) =>
  startDnsRig({
    upsert: {
      pool: [unmonitoredPool({ id: 'pool', origins })],
      load_balancer: [unproxied(fields)],
    },
    ...options,
  });

test('T108 one address of one origin, good for 30 seconds', async () => {
  const rig = await startWith([origin('192.0.2.1'), origin('192.0.2.2')], {}, { random: () => 0.9 });
  expect(await rig.ask({ name: NAME })).toMatchObject({
    rcode: 'NOERROR',
    authoritative: true,
    question: NAME,
    answers: ['A 192.0.2.2 30'],
    authorities: [],
    edns: null,
  });
});

test('T108 a fixed response is no error and nothing else', async () => {
  const fixedResponse = { status: 403, contentType: '', body: 'no', location: '' };
  const poolSets = [{ name: 'all', topology: null, fixedResponse, overrides: {} }];
  const rig = await startWith([origin('192.0.2.1')], { poolSets });
  expect(await rig.ask({ name: NAME })).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: [] });
});

test('T108 when every pool is critical and the fallback pool disabled, only the SOA is left', async () => {
  const rig = await startDnsRig({
    upsert: {
      pool: [
        livePool({ id: 'pool', origins: [origin('192.0.2.1')] }),
        unmonitoredPool({ id: 'last', enabled: false, origins: [origin('192.0.2.9')] }),
      ],
      load_balancer: [unproxied({ fallbackPool: 'last' })],
    },
  });
  const nothing = { rcode: 'NOERROR', authoritative: true, answers: [], authorities: ['SOA'] };
  expect(await rig.ask({ name: NAME })).toMatchObject(nothing);
  setHealth(rig, 'pool', '192.0.2.1:0', 'healthy');
  expect((await rig.ask({ name: NAME })).answers).toEqual(['A 192.0.2.1 30']);
});

test('T108 a host name that shall not be flattened is named, but not at the apex', async () => {
  const origins = [origin('origin.test', { flattenCname: false })];
  const options = { addresses: { 'origin.test': ['192.0.2.7'] } };
  const rig = await startWith(origins, {}, options);
  for (const type of ['A', 'AAAA', 'CNAME', 'TXT']) {
    expect((await rig.ask({ name: NAME, type })).answers).toEqual(['CNAME origin.test 30']);
  }
  expect(rig.resolved).toEqual([]);
  const atApex = await startWith(origins, { name: 'example.com' }, options);
  expect((await atApex.ask({ name: 'example.com' })).answers).toEqual(['A 192.0.2.7 30']);
});

test('a host name is flattened to its addresses of the asked family', async () => {
  const addresses = { 'origin.test': ['192.0.2.1', '2001:db8::1', '192.0.2.2'] };
  const rig = await startWith([origin('origin.test')], { ttl: 120 }, { addresses });
  expect((await rig.ask({ name: NAME })).answers).toEqual(['A 192.0.2.1 120', 'A 192.0.2.2 120']);
  expect((await rig.ask({ name: NAME, type: 'AAAA' })).answers).toEqual(['AAAA 2001:db8::1 120']);
  expect(await rig.ask({ name: NAME, type: 'MX' })).toMatchObject({ answers: [], authorities: ['SOA'] });
});

test('a host name with hundreds of addresses answers with eight', async () => {
  const many = Array.from({ length: 200 }, (_, index) => `192.0.2.${index}`);
  const rig = await startWith([origin('origin.test')], {}, { addresses: { 'origin.test': many } });
  expect((await rig.ask({ name: NAME })).answers).toHaveLength(8);
});

test('a host name that leads nowhere gives its place to another origin of the pool', async () => {
  const origins = [origin('gone.test', { weight: 0.9 }), origin('192.0.2.2', { weight: 0.1 })];
  const rig = await startWith(origins, {}, { random: () => 0 });
  expect((await rig.ask({ name: NAME })).answers).toEqual(['A 192.0.2.2 30']);
  expect(rig.resolved).toEqual(['gone.test']);
});

test('a pool whose only host name leads nowhere gives its place to the next pool', async () => {
  const rig = await startDnsRig({
    upsert: {
      pool: [
        unmonitoredPool({ id: 'pool', origins: [origin('gone.test')] }),
        unmonitoredPool({ id: 'next', origins: [origin('192.0.2.5')] }),
      ],
      load_balancer: [unproxied({ defaultPools: ['pool', 'next'] })],
    },
  });
  expect((await rig.ask({ name: NAME })).answers).toEqual(['A 192.0.2.5 30']);
  expect(rig.resolved).toEqual(['gone.test']);
});

test('when no origin can be resolved the answer is a failure, not that there is nothing', async () => {
  const rig = await startWith([origin('gone.test')]);
  expect(await rig.ask({ name: NAME })).toMatchObject({ rcode: 'SERVFAIL', answers: [], authorities: [] });
});

test('the questions for both families of addresses lead to the same pool', async () => {
  const rig = await startDnsRig({
    upsert: {
      pool: [
        unmonitoredPool({ id: 'pool', origins: [origin('192.0.2.1'), origin('192.0.2.2')] }),
        unmonitoredPool({ id: 'spare', origins: [origin('2001:db8::9'), origin('192.0.2.9')] }),
      ],
      load_balancer: [unproxied({ defaultPools: ['pool', 'spare'] })],
    },
  });
  expect(await rig.ask({ name: NAME, type: 'AAAA' })).toMatchObject({
    rcode: 'NOERROR',
    answers: [],
    authorities: ['SOA'],
  });
  rig.apply({
    pool: [unmonitoredPool({ id: 'pool', origins: [origin('192.0.2.1'), origin('2001:db8::1')] })],
  });
  for (let i = 0; i < 10; i++) {
    expect((await rig.ask({ name: NAME, type: 'AAAA' })).answers).toEqual(['AAAA 2001:db8::1 30']);
    expect((await rig.ask({ name: NAME })).answers).toEqual(['A 192.0.2.1 30']);
  }
});

test('an unhealthy origin of the family is not named while the pool is healthy, but by the fallback pool it is', async () => {
  const origins = [origin('192.0.2.1'), origin('2001:db8::1')];
  const rig = await startDnsRig({
    upsert: { pool: [livePool({ id: 'pool', origins })], load_balancer: [unproxied()] },
  });
  const asked = { name: NAME, type: 'AAAA' };
  setHealth(rig, 'pool', '192.0.2.1:0', 'healthy');
  setHealth(rig, 'pool', '2001:db8::1:0', 'unhealthy');
  expect((await rig.ask(asked)).answers).toEqual([]);
  setHealth(rig, 'pool', '192.0.2.1:0', 'unhealthy');
  expect((await rig.ask(asked)).answers).toEqual(['AAAA 2001:db8::1 30']);
});

test('origins behind tunnels are never named', async () => {
  const tunnel = '8e2dc0f7-38cb-43a7-9edf-1a65c2f0b3de.cfargotunnel.com';
  const origins = [origin('10.0.0.1', { virtualNetworkId: 'vnet-1' }), origin(tunnel)];
  const rig = await startWith([...origins, origin('192.0.2.1')], {}, { random: () => 0 });
  expect((await rig.ask({ name: NAME })).answers).toEqual(['A 192.0.2.1 30']);
  rig.apply({ pool: [unmonitoredPool({ id: 'pool', origins })] });
  expect(await rig.ask({ name: NAME })).toMatchObject({ answers: [], authorities: ['SOA'] });
  expect(rig.resolved).toEqual([]);
});

test('T79 without requests of its own, least outstanding requests draws by weight alone', async () => {
  const pools = ['one', 'two'].map((id, index) =>
    unmonitoredPool({ id, origins: [origin(`192.0.2.${index + 1}`)] }),
  );
  const rig = await startDnsRig({
    upsert: {
      pool: pools,
      load_balancer: [
        unproxied({ steeringPolicy: 'least_outstanding_requests', defaultPools: ['one', 'two'] }),
      ],
    },
    random: seededRandom(79),
  });
  const counts = { one: 0, two: 0 };
  for (let i = 0; i < 400; i++) {
    const [answer] = (await rig.ask({ name: NAME })).answers;
    counts[answer === 'A 192.0.2.1 30' ? 'one' : 'two'] += 1;
  }
  expect(counts.one).toBeGreaterThan(170);
  expect(counts.two).toBeGreaterThan(170);
});

test('a proxied load balancer answers with the addresses of the proxy', async () => {
  const rig = await startWith(
    [origin('192.0.2.1')],
    { proxied: true },
    { proxyAddresses: ['198.51.100.1', '2001:db8::5'] },
  );
  expect((await rig.ask({ name: NAME })).answers).toEqual(['A 198.51.100.1 300']);
  expect((await rig.ask({ name: NAME, type: 'AAAA' })).answers).toEqual(['AAAA 2001:db8::5 300']);
  expect(await rig.ask({ name: NAME, type: 'CNAME' })).toMatchObject({ answers: [], authorities: ['SOA'] });
});

test('a question for everything gets one small record', async () => {
  const rig = await startWith([origin('192.0.2.1')]);
  expect((await rig.ask({ name: NAME, type: 'ANY' })).answers).toEqual([
    'HINFO {"cpu":"RFC8482","os":""} 30',
  ]);
});

test('a host name that nobody resolves in time is a failure, and holds up no other question', async () => {
  const real = createFakeClock();
  const rig = await startWith([origin('slow.test')], {}, { real, resolve: () => new Promise(() => {}) });
  const waiting = rig.ask({ name: NAME });
  await eventually(() => rig.resolved.length === 1);
  expect(await rig.ask({ name: 'other.example.com', id: 1 })).toMatchObject({ rcode: 'NXDOMAIN' });
  real.advance(2_000);
  expect(await waiting).toMatchObject({ rcode: 'SERVFAIL', answers: [] });
  expect(real.pending).toBe(0);
});
