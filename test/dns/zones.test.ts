import { expect, test } from 'vitest';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { startDnsRig } from './rig.js';

const pool = unmonitoredPool({ id: 'pool', origins: [liveOrigin({ address: '192.0.2.1' })] });
const named = (name: string, fields = {}) =>
  liveLoadBalancer({ name, proxied: false, defaultPools: ['pool'], ...fields });
const FOUND = { rcode: 'NOERROR', authoritative: true, answers: ['A 192.0.2.1 30'] };
const NODATA = { rcode: 'NOERROR', authoritative: true, answers: [], authorities: ['SOA'] };
const NXDOMAIN = { ...NODATA, rcode: 'NXDOMAIN' };
const REFUSED = { rcode: 'REFUSED', authoritative: false, answers: [], authorities: [] };

const startWith = (...names: ReturnType<typeof named>[]) =>
  startDnsRig({ upsert: { pool: [pool], load_balancer: names } });

test('a name that no load balancer has does not exist, and a name of no zone is refused', async () => {
  const rig = await startWith(named('app.example.com'));
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject(FOUND);
  expect(await rig.ask({ name: 'other.example.com' })).toMatchObject(NXDOMAIN);
  expect(await rig.ask({ name: 'app.example.org' })).toMatchObject(REFUSED);
  expect(await rig.ask({ name: 'com' })).toMatchObject(REFUSED);
  expect(await rig.ask({ name: '.' })).toMatchObject(REFUSED);
  expect(await rig.ask({ name: 'notexample.com' })).toMatchObject(REFUSED);
});

test('a name above a load balancer exists and has nothing', async () => {
  const rig = await startWith(named('a.b.example.com'));
  expect(await rig.ask({ name: 'b.example.com' })).toMatchObject(NODATA);
  expect(await rig.ask({ name: 'example.com' })).toMatchObject(NODATA);
  expect(await rig.ask({ name: 'c.example.com' })).toMatchObject(NXDOMAIN);
});

test('an exact name goes before a wildcard, and a wildcard takes every name below', async () => {
  const wildcard = named('*.example.com', { ttl: 60 });
  const rig = await startWith(named('app.example.com'), wildcard);
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject(FOUND);
  for (const name of ['x.example.com', 'x.y.example.com', '*.example.com']) {
    expect(await rig.ask({ name })).toMatchObject({
      ...FOUND,
      question: name,
      answers: ['A 192.0.2.1 60'],
    });
  }
  expect(await rig.ask({ name: 'example.com' })).toMatchObject(NODATA);
});

test('a wildcard takes no name that exists without records, and none below it', async () => {
  const rig = await startWith(named('*.example.com'), named('a.b.example.com'));
  expect(await rig.ask({ name: 'x.y.example.com' })).toMatchObject(FOUND);
  expect(await rig.ask({ name: 'b.example.com' })).toMatchObject(NODATA);
  expect(await rig.ask({ name: 'x.b.example.com' })).toMatchObject(NXDOMAIN);
  expect(await rig.ask({ name: 'x.a.b.example.com' })).toMatchObject(NXDOMAIN);
  expect(await rig.ask({ name: 'a.b.example.com' })).toMatchObject(FOUND);
  rig.apply({ load_balancer: [named('*.b.example.com')] });
  expect(await rig.ask({ name: 'x.b.example.com' })).toMatchObject(FOUND);
});

test('a wildcard takes no names of a zone below its own', async () => {
  const rig = await startWith(
    named('*.example.com'),
    named('app.sub.example.com', { zoneId: 'zone-2', zoneName: 'sub.example.com' }),
  );
  expect(await rig.ask({ name: 'x.example.com' })).toMatchObject(FOUND);
  expect(await rig.ask({ name: 'x.sub.example.com' })).toMatchObject(NXDOMAIN);
});

test('a disabled load balancer is as if it were not there, but its zone is', async () => {
  const rig = await startWith(named('app.example.com', { enabled: false }));
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject(NXDOMAIN);
  rig.apply({ load_balancer: [named('app.example.com')] });
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject(FOUND);
});

test('a zone is forgotten with its last load balancer', async () => {
  const rig = await startWith(named('app.example.com'));
  rig.store.apply({
    revision: 9,
    complete: false,
    upsert: {},
    remove: { load_balancer: ['app.example.com'] },
  });
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject(REFUSED);
});

test('a load balancer of an account has no name in DNS', async () => {
  const rig = await startWith(named('app.example.com', { zoneId: null, zoneName: '' }));
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject(REFUSED);
});

test('the apex has a start of authority, whose serial number is the revision', async () => {
  const rig = await startWith(named('app.example.com'));
  const [before] = (await rig.ask({ name: 'example.com', type: 'SOA' })).answers;
  expect(before).toContain('"serial":1');
  rig.apply({ load_balancer: [named('b.example.com')] });
  const [after] = (await rig.ask({ name: 'example.com', type: 'SOA' })).answers;
  expect(after).toContain('"serial":2');
  expect(await rig.ask({ name: 'app.example.com', type: 'SOA' })).toMatchObject(NODATA);
});

test('names are compared without case, and the question comes back as it was asked', async () => {
  const rig = await startWith(named('app.example.com'));
  expect(await rig.ask({ name: 'aPp.eXample.COM' })).toMatchObject({ ...FOUND, question: 'aPp.eXample.COM' });
});

test('nobody gets a whole zone', async () => {
  const rig = await startWith(named('app.example.com'));
  for (const type of ['AXFR', 'IXFR']) {
    expect(await rig.ask({ name: 'example.com', type })).toMatchObject(REFUSED);
  }
});
