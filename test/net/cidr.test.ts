import { expect, test } from 'vitest';
import { cidrContains, cidrContainsIp, networksAround, parseCidr, parseIp } from '../../src/net/addresses.js';

test.each([
  ['10.0.0.0/8', '10.0.0.0/8', false],
  ['10.1.2.3/8', '10.0.0.0/8', true],
  ['10.1.2.3', '10.1.2.3/32', false],
  ['0.0.0.0/0', '0.0.0.0/0', false],
  ['10.1.2.3/0', '0.0.0.0/0', true],
  ['192.0.2.129/25', '192.0.2.128/25', true],
  ['2001:DB8::/32', '2001:db8::/32', false],
  ['2001:db8::1/64', '2001:db8::/64', true],
  ['fd00::1', 'fd00::1/128', false],
  ['::/0', '::/0', false],
  ['fd00:0:0:ff::/58', 'fd00:0:0:c0::/58', true],
  ['::ffff:10.0.0.0/104', '10.0.0.0/8', false],
  ['::ffff:10.0.0.1/128', '10.0.0.1/32', false],
  ['::ffff:10.0.0.1', '10.0.0.1/32', false],
])('%s is the network %s', (text, canonical, hadHostBits) => {
  const cidr = parseCidr(text);
  expect(cidr).toMatchObject({ text: canonical, hadHostBits });
  expect(parseCidr(canonical)).toEqual({ ...cidr, hadHostBits: false });
});

test.each([
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/8 ',
  '10.0.0.0/255.0.0.0',
  '10.0/8',
  '010.0.0.0/8',
  '::/129',
  'fe80::1%eth0/64',
  '::ffff:10.0.0.0/95',
  '/8',
  '',
])('"%s" is no network', (text) => {
  expect(parseCidr(text)).toBeNull();
});

test.each([
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['192.0.2.128/25', '192.0.2.127', false],
  ['0.0.0.0/0', '192.0.2.1', true],
  ['0.0.0.0/0', 'fd00::1', false],
  ['::/0', '192.0.2.1', false],
  ['fd00::/8', 'fdff::1', true],
  ['10.0.0.0/8', '::ffff:10.0.0.1', true],
])('%s contains %s: %s', (network, ip, expected) => {
  expect(cidrContainsIp(parseCidr(network)!, parseIp(ip)!)).toBe(expected);
});

test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.0.0.0/8', '10.0.0.0/8', true],
  ['10.1.0.0/16', '10.0.0.0/8', false],
  ['10.0.0.0/8', '11.0.0.0/16', false],
  ['0.0.0.0/0', 'fd00::/8', false],
])('%s contains the whole of %s: %s', (outer, inner, expected) => {
  expect(cidrContains(parseCidr(outer)!, parseCidr(inner)!)).toBe(expected);
});

test('the networks around one are told from itself to the widest', () => {
  expect([...networksAround('10.128.0.0/10')]).toEqual([
    ...['10.128.0.0/10', '10.128.0.0/9', '10.0.0.0/8', '10.0.0.0/7', '8.0.0.0/6', '8.0.0.0/5'],
    ...['0.0.0.0/4', '0.0.0.0/3', '0.0.0.0/2', '0.0.0.0/1', '0.0.0.0/0'],
  ]);
  const aroundOne = [...networksAround('fd00::1')];
  expect([aroundOne.length, aroundOne[0], aroundOne[1], aroundOne.at(-1)]).toEqual([
    129,
    'fd00::1/128',
    'fd00::/127',
    '::/0',
  ]);
  expect([...networksAround('none')]).toEqual([]);
});
