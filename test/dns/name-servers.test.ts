import { expect, test } from 'vitest';
import {
  liveLoadBalancer,
  liveOrigin,
  livePublishedHostname,
  unmonitoredPool,
} from '../support/live-objects.js';
import { question, read } from './message.js';
import { type DnsRigOptions, framed, overTcp, startDnsRig } from './rig.js';

const pool = unmonitoredPool({ id: 'pool', origins: [liveOrigin({ address: '192.0.2.1' })] });
const named = (name: string, fields = {}) =>
  liveLoadBalancer({ name, proxied: false, defaultPools: ['pool'], ...fields });
const OWN = ['198.51.100.53', '2001:db8::53'];

const start = (names: readonly ReturnType<typeof named>[], options: DnsRigOptions = {}) =>
  startDnsRig({
    upsert: { pool: [pool], load_balancer: names },
    nameServerAddresses: OWN,
    ...options,
  });

const found = (...answers: string[]) => ({
  rcode: 'NOERROR',
  authoritative: true,
  answers,
  authorities: [],
});
const NODATA = { rcode: 'NOERROR', authoritative: true, answers: [], authorities: ['SOA'] };
const NXDOMAIN = { ...NODATA, rcode: 'NXDOMAIN' };
const NS = found('NS ns1.example.com 300', 'NS ns.example.com 300');

// RFC 1034 section 4.2.1: the NS records of a zone stand at its apex, and its own answer outranks the parent's copy of them
// (RFC 2181 section 5.4.1).
test('the apex names the name servers of the zone, and brings their addresses along', async () => {
  const rig = await start([named('app.example.com')]);
  expect(await rig.ask({ name: 'example.com', type: 'NS' })).toMatchObject({
    ...NS,
    additionals: [
      'A 198.51.100.53 300',
      'AAAA 2001:db8::53 300',
      'A 198.51.100.53 300',
      'AAAA 2001:db8::53 300',
    ],
  });
  const overStream = await overTcp(rig, framed(question({ name: 'example.com', type: 'NS' })));
  expect(read(overStream.subarray(2))).toMatchObject(NS);
  // A resolver that mixes the case of letters gets its question back as it was, and the answer all the same.
  expect(await rig.ask({ name: 'eXaMple.cOM', type: 'NS' })).toMatchObject({
    ...NS,
    question: 'eXaMple.cOM',
  });
});

test('every name that the zone gives its name servers has their addresses', async () => {
  const rig = await start([named('app.example.com')]);
  const [soa] = (await rig.ask({ name: 'example.com', type: 'SOA' })).answers;
  expect(soa).toContain('"mname":"ns1.example.com"');
  for (const name of ['ns1.example.com', 'ns.example.com', 'NS1.Example.Com']) {
    expect(await rig.ask({ name })).toMatchObject(found('A 198.51.100.53 300'));
    expect(await rig.ask({ name, type: 'AAAA' })).toMatchObject(found('AAAA 2001:db8::53 300'));
    expect(await rig.ask({ name, type: 'MX' })).toMatchObject(NODATA);
  }
});

// RFC 2308 section 2.2: no data of that type is no name error, and carries the SOA.
test('a name server without an IPv6 address has no data of that type, and exists', async () => {
  const rig = await start([named('app.example.com')], { nameServerAddresses: ['198.51.100.53'] });
  expect(await rig.ask({ name: 'ns1.example.com', type: 'AAAA' })).toMatchObject(NODATA);
});

test('an apex that has a load balancer still names the name servers', async () => {
  const rig = await start([named('example.com')]);
  expect(await rig.ask({ name: 'example.com', type: 'NS' })).toMatchObject(NS);
  expect((await rig.ask({ name: 'example.com' })).answers).toEqual(['A 192.0.2.1 30']);
});

test('a wildcard takes neither a name server nor what is below it', async () => {
  const rig = await start([named('*.example.com')]);
  expect((await rig.ask({ name: 'x.example.com' })).answers).toEqual(['A 192.0.2.1 30']);
  expect((await rig.ask({ name: 'ns1.example.com' })).answers).toEqual(['A 198.51.100.53 300']);
  // RFC 4592 section 2.2.1: the closest name that exists is the name server's.
  expect(await rig.ask({ name: 'x.ns1.example.com' })).toMatchObject(NXDOMAIN);
});

// RFC 2181 section 10.3: the target of an NS record has addresses, and is no alias.
test('a load balancer with the name of a name server leaves DNS to it, which the log says once', async () => {
  const shadow = named('ns1.example.com');
  const rig = await start([shadow, named('ns2.example.com')]);
  for (let round = 0; round < 2; round++) {
    expect((await rig.ask({ name: 'ns1.example.com' })).answers).toEqual(['A 198.51.100.53 300']);
  }
  expect((await rig.ask({ name: 'ns2.example.com' })).answers).toEqual(['A 192.0.2.1 30']);
  expect(rig.warnings()).toEqual([expect.objectContaining({ record: 'ns1.example.com' })]);
});

test('a zone with nothing but a host name of a tunnel has its name servers too', async () => {
  const rig = await startDnsRig({
    upsert: { published_hostname: [livePublishedHostname({ id: 'h', hostname: 'app.example.com' })] },
    nameServerAddresses: OWN,
  });
  expect(await rig.ask({ name: 'example.com', type: 'NS' })).toMatchObject(NS);
  expect((await rig.ask({ name: 'ns.example.com' })).answers).toEqual(['A 198.51.100.53 300']);
  expect(await rig.ask({ name: 'ns1.example.org' })).toMatchObject({ rcode: 'REFUSED' });
});

test('whole names are the same in every zone, and have addresses where they lie in one of ours', async () => {
  const rig = await start(
    [named('app.example.com'), named('app.example.org', { zoneId: 'zone-2', zoneName: 'example.org' })],
    { nameServers: ['ns1.dns.example.com', 'ns2.example.net'] },
  );
  const targets = found('NS ns1.dns.example.com 300', 'NS ns2.example.net 300');
  for (const name of ['example.com', 'example.org']) {
    expect(await rig.ask({ name, type: 'NS' })).toMatchObject({
      ...targets,
      additionals: ['A 198.51.100.53 300', 'AAAA 2001:db8::53 300'],
    });
  }
  expect((await rig.ask({ name: 'ns1.dns.example.com' })).answers).toEqual(['A 198.51.100.53 300']);
  // RFC 8020 section 3.1: a name with a name below it exists, and a resolver that asks one label after the other (RFC 9156) hears so.
  for (const type of ['NS', 'A']) {
    expect(await rig.ask({ name: 'dns.example.com', type })).toMatchObject(NODATA);
  }
  expect(await rig.ask({ name: 'ns1.example.com' })).toMatchObject(NXDOMAIN);
  expect(await rig.ask({ name: 'ns2.example.net' })).toMatchObject({ rcode: 'REFUSED' });
});

test('questions of a resolver on its way down to a name are answered at each label', async () => {
  const rig = await start([named('a.b.example.com')]);
  expect(await rig.ask({ name: 'example.com', type: 'NS' })).toMatchObject(NS);
  for (const type of ['NS', 'A']) {
    expect(await rig.ask({ name: 'b.example.com', type })).toMatchObject(NODATA);
  }
  expect(await rig.ask({ name: 'a.b.example.com', type: 'NS' })).toMatchObject(NODATA);
  expect((await rig.ask({ name: 'a.b.example.com' })).answers).toEqual(['A 192.0.2.1 30']);
});

test.each(['DS', 'DNSKEY', 'MX', 'TXT', 'CNAME'])('the apex has no %s, and exists', async (type) => {
  const rig = await start([named('app.example.com')]);
  expect(await rig.ask({ name: 'example.com', type })).toMatchObject(NODATA);
});

// RFC 4035 section 3.1.4.1: a DS record belongs to the parent's side of a zone cut.
test('of a zone below another one of ours, the upper one says that there is no DS', async () => {
  const rig = await start([
    named('*.example.com'),
    named('app.sub.example.com', { zoneId: 'zone-2', zoneName: 'sub.example.com' }),
  ]);
  const ds = await rig.ask({ name: 'sub.example.com', type: 'DS' });
  expect(ds).toMatchObject({ ...NODATA, authorityNames: ['example.com'] });
  const key = await rig.ask({ name: 'sub.example.com', type: 'DNSKEY' });
  expect(key).toMatchObject({ ...NODATA, authorityNames: ['sub.example.com'] });
  expect((await rig.ask({ name: 'sub.example.com', type: 'NS' })).answers).toEqual([
    'NS ns1.sub.example.com 300',
    'NS ns.sub.example.com 300',
  ]);
});

test('a question for everything gets one small record where there is something', async () => {
  const rig = await start([named('app.example.com')]);
  for (const name of ['example.com', 'ns1.example.com']) {
    const { answers } = await rig.ask({ name, type: 'ANY' });
    expect(answers).toEqual([expect.stringMatching(/^HINFO .*RFC8482/)]);
  }
});

// RFC 2181 section 9: what is additional is left out before an answer counts as truncated.
test('addresses of name servers that do not fit are left out, and the answer is not truncated', async () => {
  const addresses = Array.from({ length: 8 }, (_, index) => `198.51.100.${index}`);
  const rig = await start([named('app.example.com')], {
    nameServerAddresses: addresses,
    nameServers: ['ns1', 'ns2', 'ns3', 'ns4'],
  });
  const plain = await rig.ask({ name: 'example.com', type: 'NS' });
  expect([plain.truncated, plain.answers.length, plain.additionals.length]).toEqual([false, 4, 0]);
  const roomy = await rig.ask({ name: 'example.com', type: 'NS', udpBytes: 1_232 });
  expect([roomy.truncated, roomy.answers.length]).toEqual([false, 4]);
  const stream = await overTcp(rig, framed(question({ name: 'example.com', type: 'NS' })));
  expect(read(stream.subarray(2)).additionals).toHaveLength(32);
});
