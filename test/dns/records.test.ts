import { expect, test } from 'vitest';
import type { LiveDnsRecord } from '../../src/state/snapshot.js';
import {
  liveDnsRecord,
  liveLoadBalancer,
  liveOrigin,
  livePublishedHostname,
  unmonitoredPool,
} from '../support/live-objects.js';
import { question, read } from './message.js';
import { type DnsRig, framed, overTcp, startDnsRig } from './rig.js';

const NODATA = { rcode: 'NOERROR', authoritative: true, answers: [], authorities: ['SOA'] };
const NXDOMAIN = { ...NODATA, rcode: 'NXDOMAIN' };
const found = (...answers: string[]) => ({ rcode: 'NOERROR', authoritative: true, answers, authorities: [] });

type Made = readonly [
  type: LiveDnsRecord['type'],
  name: string,
  data: string | readonly string[],
  more?: object,
];

const full = (name: string) => (name === '@' ? 'example.com' : `${name}.example.com`);
const made = ([type, name, data, more]: Made) =>
  liveDnsRecord({ type, name: full(name), data: typeof data === 'string' ? [data] : data, ...more });

const start = (records: readonly Made[], more: Parameters<typeof startDnsRig>[0] = {}) =>
  startDnsRig({ ...more, upsert: { dns_record: records.map(made), ...more.upsert } });

const ask = (rig: DnsRig, name: string, type = 'A') => rig.ask({ name: full(name), type, udpBytes: 1_232 });

test('records of each type are answered, at the apex and below it', async () => {
  const rig = await start([
    ['A', '@', '192.0.2.1'],
    ['A', 'www', '192.0.2.1', { ttl: 60 }],
    ['A', 'www', '192.0.2.2', { ttl: 60 }],
    ['AAAA', 'www', '2001:db8::1'],
    ['TXT', '@', ['v=spf1 -all']],
    ['TXT', '@', ['one', 'two']],
    ['CNAME', 'alias', 'www.example.net'],
  ]);
  expect(await ask(rig, '@')).toMatchObject(found('A 192.0.2.1 300'));
  expect(await ask(rig, 'www')).toMatchObject(found('A 192.0.2.1 60', 'A 192.0.2.2 60'));
  expect(await ask(rig, 'www', 'AAAA')).toMatchObject(found('AAAA 2001:db8::1 300'));
  expect(await ask(rig, '@', 'TXT')).toMatchObject(found('TXT "v=spf1 -all" 300', 'TXT "one" "two" 300'));
  for (const type of ['A', 'AAAA', 'TXT', 'MX', 'CNAME'])
    expect(await ask(rig, 'alias', type)).toMatchObject(found('CNAME www.example.net 300'));
  expect(await ask(rig, '@', 'SOA')).toMatchObject({ rcode: 'NOERROR' });
  expect((await ask(rig, '@', 'NS')).answers).toEqual(['NS ns1.example.com 300', 'NS ns.example.com 300']);
  expect((await ask(rig, 'www', 'ANY')).answers).toEqual(['HINFO {"cpu":"RFC8482","os":""} 300']);
});

test('what a name has not is told from a name that is not', async () => {
  const rig = await start([
    ['A', 'www', '192.0.2.1'],
    ['TXT', '_acme-challenge.a.b', ['x']],
  ]);
  expect(await ask(rig, 'www', 'AAAA')).toMatchObject({ ...NODATA, authorityNames: ['example.com'] });
  expect(await ask(rig, 'www', 'TXT')).toMatchObject(NODATA);
  expect(await ask(rig, '@')).toMatchObject(NODATA);
  expect(await ask(rig, 'a.b')).toMatchObject(NODATA);
  expect(await ask(rig, 'c.b')).toMatchObject(NXDOMAIN);
  expect(await ask(rig, 'nothing', 'TXT')).toMatchObject(NXDOMAIN);
});

test('bytes of text come as they are', async () => {
  const bytes = Array.from({ length: 255 }, (_none, at) => String.fromCharCode(at + 1)).join('');
  const rig = await start([['TXT', 'bytes', [bytes, '', 'end']]]);
  expect((await ask(rig, 'bytes', 'TXT')).answers).toEqual([`TXT "${bytes}" "" "end" 300`]);
});

test('a zone without anything in it is answered for, until it is gone', async () => {
  const rig = await startDnsRig({ upsert: { zone: [{ id: 'zone', name: 'example.com' }] } });
  expect((await ask(rig, '@', 'SOA')).answers).toHaveLength(1);
  expect(await ask(rig, '_acme-challenge', 'SOA')).toMatchObject(NXDOMAIN);
  rig.store.apply({ revision: 9, complete: false, upsert: {}, remove: { zone: ['zone'] } });
  expect(await ask(rig, '@', 'SOA')).toMatchObject({ rcode: 'REFUSED' });
});

test('a change of records is followed', async () => {
  const rig = await start([
    ['A', 'www', '192.0.2.1', { id: 'one' }],
    ['A', 'www', '192.0.2.2', { id: 'two' }],
  ]);
  rig.apply({ dns_record: [made(['TXT', 'www', 'text', { id: 'two' }])] });
  expect(await ask(rig, 'www')).toMatchObject(found('A 192.0.2.1 300'));
  expect(await ask(rig, 'www', 'TXT')).toMatchObject(found('TXT "text" 300'));
  rig.apply({ dns_record: [made(['A', 'moved', '192.0.2.3', { id: 'one' }])] });
  expect(await ask(rig, 'www')).toMatchObject(NODATA);
  expect(await ask(rig, 'moved')).toMatchObject(found('A 192.0.2.3 300'));
  rig.store.apply({ revision: 9, complete: false, upsert: {}, remove: { dns_record: ['two'] } });
  expect(await ask(rig, 'www')).toMatchObject(NXDOMAIN);
});

test('a wildcard takes what RFC 4592 gives it, whatever type is asked for', async () => {
  const rig = await start([
    ['A', '*', '192.0.2.9'],
    ['TXT', '*', ['any']],
    ['TXT', 'subdomain1', ['text']],
    ['CNAME', '*.alias', 'www.example.net'],
  ]);
  expect(await ask(rig, 'deeper.label.subdomain2')).toMatchObject(found('A 192.0.2.9 300'));
  expect(await ask(rig, 'x', 'TXT')).toMatchObject(found('TXT "any" 300'));
  expect(await ask(rig, 'x', 'AAAA')).toMatchObject(NODATA);
  expect(await ask(rig, '*')).toMatchObject(found('A 192.0.2.9 300'));
  expect(await ask(rig, 'subdomain1')).toMatchObject(NODATA);
  expect(await ask(rig, 'deeper.label.subdomain1')).toMatchObject(NXDOMAIN);
  expect(await ask(rig, 'x.alias')).toMatchObject({
    ...found('CNAME www.example.net 300'),
    question: 'x.alias.example.com',
  });
  expect(await ask(rig, 'alias')).toMatchObject(NODATA);
});

test('aliases are followed through our zones, and a loop of them ends', async () => {
  const rig = await start(
    [
      ['CNAME', 'one', 'two.example.com', { ttl: 60 }],
      ['CNAME', 'two', 'three.example.org'],
      ['CNAME', 'out', 'two.example.net'],
      ['CNAME', 'nowhere', 'nothing.example.com'],
      ['CNAME', 'empty', 'text.example.com'],
      ['TXT', 'text', ['text']],
      ['CNAME', 'here', 'there.example.com'],
      ['CNAME', 'there', 'here.example.com'],
      ['CNAME', '*.turn', 'a.turn.example.com'],
    ],
    { upsert: {} },
  );
  rig.apply({
    dns_record: [liveDnsRecord({ name: 'three.example.org', zoneName: 'example.org', data: ['192.0.2.3'] })],
  });
  expect(await ask(rig, 'one')).toMatchObject(
    found('CNAME two.example.com 60', 'CNAME three.example.org 300', 'A 192.0.2.3 300'),
  );
  expect(await ask(rig, 'out')).toMatchObject(found('CNAME two.example.net 300'));
  expect(await ask(rig, 'nowhere')).toMatchObject({
    ...NXDOMAIN,
    answers: ['CNAME nothing.example.com 300'],
  });
  expect(await ask(rig, 'empty')).toMatchObject({ ...NODATA, answers: ['CNAME text.example.com 300'] });
  expect(await ask(rig, 'empty', 'TXT')).toMatchObject(found('CNAME text.example.com 300', 'TXT "text" 300'));
  expect(await ask(rig, 'here')).toMatchObject(
    found('CNAME there.example.com 300', 'CNAME here.example.com 300'),
  );
  expect((await ask(rig, 'x.turn')).answers).toEqual([
    'CNAME a.turn.example.com 300',
    'CNAME a.turn.example.com 300',
  ]);
});

test('a chain of aliases has at most nine in one answer', async () => {
  const chain = Array.from(
    { length: 20 },
    (_none, at): Made => ['CNAME', `c${at}`, `c${at + 1}.example.com`],
  );
  const rig = await start([...chain, ['A', 'c20', '192.0.2.1']]);
  expect((await ask(rig, 'c15')).answers.at(-1)).toBe('A 192.0.2.1 300');
  expect((await ask(rig, 'c0')).answers).toHaveLength(9);
});

test('an alias at the apex, or one that is flattened, is told as the addresses of its target', async () => {
  const rig = await start(
    [
      ['CNAME', '@', 'www.example.com', { flattened: true }],
      ['A', 'www', '192.0.2.1', { ttl: 60 }],
      ['CNAME', 'far', 'origin.example.net', { flattened: true, ttl: 120 }],
      ['CNAME', 'further', 'step.example.com', { flattened: true }],
      ['CNAME', 'step', 'origin.example.net'],
      ['CNAME', 'broken', 'gone.example.net', { flattened: true }],
      ['CNAME', 'empty', 'nothing.example.com', { flattened: true }],
      ['TXT', '@', ['text']],
    ],
    { addresses: { 'origin.example.net': ['192.0.2.7', '2001:db8::7'] } },
  );
  expect(await ask(rig, '@')).toMatchObject(found('A 192.0.2.1 60'));
  expect(await ask(rig, '@', 'TXT')).toMatchObject(found('TXT "text" 300'));
  expect(await ask(rig, '@', 'CNAME')).toMatchObject(NODATA);
  expect(await ask(rig, '@', 'MX')).toMatchObject(NODATA);
  expect((await ask(rig, '@', 'SOA')).answers).toHaveLength(1);
  expect(await ask(rig, 'far')).toMatchObject(found('A 192.0.2.7 120'));
  expect(await ask(rig, 'far', 'AAAA')).toMatchObject(found('AAAA 2001:db8::7 120'));
  expect(await ask(rig, 'further')).toMatchObject(found('A 192.0.2.7 300'));
  expect(await ask(rig, 'empty')).toMatchObject(NODATA);
  expect(await ask(rig, 'broken')).toMatchObject({ rcode: 'SERVFAIL', answers: [] });
});

test('a load balancer or a tunnel of the same name is followed, and text stands beside it', async () => {
  const rig = await start(
    [
      ['A', 'lb', '192.0.2.9'],
      ['TXT', 'lb', ['text']],
      ['TXT', 'app', ['text']],
      ['CNAME', 'to-lb', 'lb.example.com'],
      ['A', '*', '192.0.2.9'],
      ['A', 'off', '192.0.2.8'],
    ],
    {
      upsert: {
        pool: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ address: '192.0.2.1' })] })],
        load_balancer: ['lb', 'off', '*'].map((name) =>
          liveLoadBalancer({
            name: full(name),
            proxied: false,
            defaultPools: ['pool'],
            enabled: name !== 'off',
          }),
        ),
        published_hostname: [livePublishedHostname({ hostname: 'app.example.com' })],
      },
    },
  );
  expect(await ask(rig, 'lb')).toMatchObject(found('A 192.0.2.1 30'));
  expect(await ask(rig, 'lb', 'TXT')).toMatchObject(found('TXT "text" 300'));
  expect(await ask(rig, 'to-lb')).toMatchObject(found('CNAME lb.example.com 300', 'A 192.0.2.1 30'));
  expect(await ask(rig, 'app')).toMatchObject(found('A 127.0.0.1 300'));
  expect(await ask(rig, 'app', 'TXT')).toMatchObject(found('TXT "text" 300'));
  expect(await ask(rig, 'app', 'CNAME')).toMatchObject(NODATA);
  expect(await ask(rig, 'x')).toMatchObject(found('A 192.0.2.1 30'));
  expect(await ask(rig, 'off')).toMatchObject(found('A 192.0.2.8 300'));
});

test('a record with the name of a name server is not followed, and the log says so once', async () => {
  const rig = await start([['A', 'ns1', '192.0.2.9']]);
  for (let round = 0; round < 2; round += 1)
    expect(await ask(rig, 'ns1')).toMatchObject(found('A 127.0.0.1 300'));
  expect(rig.warnings()).toEqual([expect.objectContaining({ record: 'ns1.example.com' })]);
});

test('records that do not fit are cut off over UDP, and come over TCP', async () => {
  const texts = Array.from({ length: 30 }, (_none, at) => `${at}`.padStart(250, 'x'));
  const rig = await start(texts.map((text): Made => ['TXT', 'long', [text]]));
  expect(await ask(rig, 'long', 'TXT')).toMatchObject({ truncated: true, answers: [] });
  const bytes = await overTcp(rig, framed(question({ name: 'long.example.com', type: 'TXT' })));
  expect(read(bytes.subarray(2)).answers).toHaveLength(30);
});
