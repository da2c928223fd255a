import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { START_FLAGS } from '../../src/config/flags.js';
import { parseFlags, UsageError } from '../../src/config/parse.js';
import { startConfig } from '../../src/config/start-config.js';

const configOf = (...argv: string[]) => startConfig(parseFlags(START_FLAGS, argv, {}));

test('DNS listens on loopback, TCP nowhere, and nothing is known of where clients are', () => {
  expect(configOf()).toMatchObject({
    dns: { host: '127.0.0.1', port: 7853, nameServers: ['ns1', 'ns'] },
    advertised: [],
    tcp: { host: '127.0.0.1', ports: [] },
    locations: [],
  });
});

test('--host is for DNS and TCP as well, unless they have their own', () => {
  const { dns, tcp } = configOf('--host=::1', '--dns-host=127.0.0.2', '--tcp=0=db.example.com');
  expect([dns.host, tcp.host]).toEqual(['127.0.0.2', '::1']);
  expect(configOf('--tcp-host=127.0.0.3').tcp.host).toBe('127.0.0.3');
});

test('--dns-name is a label below each zone or a name for all, whatever its case', () => {
  expect(configOf('--dns-name=NS1', '--dns-name=dns.Example.NET.').dns.nameServers).toEqual([
    'ns1',
    'dns.example.net',
  ]);
});

test('each --tcp gives a port to a load balancer', () => {
  const { ports } = configOf('--tcp=5432=DB.example.com.', '--tcp', '0=queue.example.com').tcp;
  expect(ports).toEqual([
    { port: 5432, name: 'db.example.com', sendProxy: null },
    { port: 0, name: 'queue.example.com', sendProxy: null },
  ]);
});

test('a port of TCP may tell origins of its clients, also when it comes from the environment', () => {
  const expected = [
    { port: 5432, name: 'db.example.com', sendProxy: 'v2' },
    { port: 25, name: 'mail.example.com', sendProxy: 'v1' },
    { port: 0, name: 'queue.example.com', sendProxy: null },
  ];
  const values = ['5432=db.example.com,proxy=v2', '25=mail.example.com,proxy=V1', '0=queue.example.com'];
  expect(configOf(...values.map((value) => `--tcp=${value}`)).tcp.ports).toEqual(expected);
  const env = { OFFRAMP_TCP: values.join(',') };
  expect(startConfig(parseFlags(START_FLAGS, [], env)).tcp.ports).toEqual(expected);
  for (const value of ['5432=db.example.com,proxy=v3', '5432=db.example.com,v2', 'proxy=v2'])
    expect(() => configOf(`--tcp=${value}`)).toThrow(
      'such as 5432=db.example.com or 5432=db.example.com,proxy=v2',
    );
});

test('load balancers of accounts get loopback addresses where every one of them can be bound', () => {
  const { privateNetwork } = configOf();
  if (process.platform === 'linux') expect(privateNetwork?.network.text).toBe('127.100.0.0/16');
  else expect(privateNetwork).toBeNull();
  expect(configOf('--private-network=off').privateNetwork).toBeNull();
  expect(configOf('--private-network=100.112.0.0/16', '--private-port=80').privateNetwork).toMatchObject({
    network: { text: '100.112.0.0/16' },
    port: 80,
  });
});

test('addresses to advertise are kept in their canonical form', () => {
  expect(configOf('--advertise-address=2001:DB8::1', '--advertise-address=192.0.2.1').advertised).toEqual([
    '2001:db8::1',
    '192.0.2.1',
  ]);
});

test.each([
  [['--dns-port=65536'], /--dns-port is "65536"/],
  [['--dns-host=example.com'], /an IP address or localhost/],
  [['--dns-name=ns_1'], /--dns-name is "ns_1"; it takes a label such as ns1, or a host name/],
  [['--dns-name='], /--dns-name is ""/],
  [['--dns-name=ns1', '--dns-name=NS1'], /the same name server twice: ns1, ns1/],
  [Array.from({ length: 9 }, (_, index) => `--dns-name=ns${index}`), /given 9 times; a zone has at most 8/],
  [['--advertise-address=example.com'], /--advertise-address is "example.com"; it takes an IP address/],
  [['--tcp=5432'], /--tcp is "5432"; it takes a port and the host name of a load balancer, such as 5432=db/],
  [['--tcp=x=db.example.com'], /--tcp is "x"; it takes a whole number from 0 to 65535/],
  [['--tcp=1=db_'], /--tcp is "1=db_"/],
  [['--tcp=1=a.test', '--tcp=2=A.test'], /--tcp names a.test twice/],
  [['--tcp=1=a.test', '--tcp=1=b.test'], /--tcp gives port 1 to two load balancers/],
  [['--private-network=8.8.8.0/24'], /--private-network is "8.8.8.0\/24"; it takes off, or an IPv4 network/],
  [['--private-network=10.0.0.1/8'], /--private-network is "10.0.0.1\/8"/],
  [['--private-network=10.0.0.0/31'], /up to 30 bits/],
  [['--private-network=fd00::/64'], /an IPv4 network/],
  [['--private-network=off', '--private-port=x'], /--private-port is "x"/],
  [['--locations=/nowhere/at/all'], /--locations "\/nowhere\/at\/all": ENOENT/],
])('%j is refused with what would be right', (argv, message) => {
  expect(() => configOf(...argv)).toThrow(UsageError);
  expect(() => configOf(...argv)).toThrow(message);
});

test('the locations file is read at the start, and a mistake is told with its line', () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'offramp-locations-')), 'locations.csv');
  writeFileSync(file, '192.0.2.0/24,DE,WEU,52.5,13.4\n');
  expect(configOf('--locations', file).locations).toMatchObject([
    { network: { text: '192.0.2.0/24' }, location: { country: 'DE' } },
  ]);
  writeFileSync(file, '\n\n192.0.2.0/24,DEU,,,\n');
  expect(() => configOf('--locations', file)).toThrow(/line 3: the country is "DEU"/);
});
