import { expect, test } from 'vitest';
import { cidrContainsIp, createPrefixMap, parseCidr, parseIp } from '../../src/net/addresses.js';

const cidr = (text: string) => parseCidr(text)!;
const ip = (text: string) => parseIp(text)!;

function mapOf(...networks: string[]) {
  const map = createPrefixMap<string>();
  for (const network of networks) map.set(cidr(network), network);
  return map;
}

test('the longest prefix that covers the address wins, in whatever order they came', () => {
  const networks = ['10.0.0.0/8', '10.1.2.0/24', '0.0.0.0/0', '10.1.0.0/16', '10.1.2.3/32'];
  for (const map of [mapOf(...networks), mapOf(...networks.toReversed())]) {
    const found = ['10.1.2.3', '10.1.2.4', '10.1.3.1', '10.2.0.1', '11.0.0.1'].map((text) =>
      map.lookup(ip(text)),
    );
    expect(found).toEqual(['10.1.2.3/32', '10.1.2.0/24', '10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0']);
  }
});

test('IPv4 and IPv6 do not see each other', () => {
  expect(mapOf('0.0.0.0/0').lookup(ip('fd00::1'))).toBeUndefined();
  expect(mapOf('::/0').lookup(ip('10.0.0.1'))).toBeUndefined();
  expect(mapOf('::/0', 'fd00::/8', 'fd00::1/128').lookup(ip('fd00::2'))).toBe('fd00::/8');
});

test('an IPv4 address finds its network however it is spelled', () => {
  expect(mapOf('::ffff:10.0.0.0/104').lookup(ip('10.1.2.3'))).toBe('::ffff:10.0.0.0/104');
  expect(mapOf('10.0.0.0/8').lookup(ip('::ffff:a01:203'))).toBe('10.0.0.0/8');
});

test('a second value for a network replaces the first', () => {
  const map = mapOf('10.0.0.0/8');
  map.set(cidr('10.9.9.9/8'), 'new');
  expect([map.lookup(ip('10.0.0.1')), map.size]).toEqual(['new', 1]);
});

test('what is deleted no longer hides the shorter prefixes', () => {
  const map = mapOf('10.0.0.0/8', '10.1.0.0/16');
  expect(map.delete(cidr('10.1.0.0/16'))).toBe(true);
  expect(map.delete(cidr('10.1.0.0/16'))).toBe(false);
  expect(map.delete(cidr('10.2.0.0/16'))).toBe(false);
  expect([map.lookup(ip('10.1.0.1')), map.size]).toEqual(['10.0.0.0/8', 1]);
});

test('it finds what a linear search finds', () => {
  // A fixed sequence of numbers without a pattern, so that a failure can be repeated.
  let seed = 1;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const address = () => `10.${next(4)}.${next(4)}.${next(256)}`;
  const networks = [
    ...new Set(Array.from({ length: 200 }, () => cidr(`${address()}/${8 + next(25)}`).text)),
  ].map(cidr);
  const map = createPrefixMap<string>();
  for (const network of networks) map.set(network, network.text);
  for (let probe = 0; probe < 1_000; probe += 1) {
    const wanted = ip(address());
    const [longest] = networks
      .filter((network) => cidrContainsIp(network, wanted))
      .sort((a, b) => b.prefix - a.prefix);
    expect(map.lookup(wanted)).toBe(longest?.text);
  }
});
