import { expect, test } from 'vitest';
import { type Cidr, cidrContainsIp, parseCidr, parseIp } from '../../src/net/addresses.js';
import { privateAddresses } from '../../src/proxy/listeners/listener.js';

const network = (text: string) => parseCidr(text) as Cidr;
const ids = (count: number) => Array.from({ length: count }, (_, index) => `balancer-${index}`);

test('each load balancer has an address of its own inside the network', () => {
  const addresses = privateAddresses(network('127.100.0.0/16'), ids(2_000));
  expect(new Set(addresses.values()).size).toBe(2_000);
  for (const address of addresses.values()) {
    expect(cidrContainsIp(network('127.100.0.0/16'), parseIp(address)!)).toBe(true);
  }
});

test('an address depends on the load balancer and on older ones alone', () => {
  const some = privateAddresses(network('10.0.0.0/24'), ids(50));
  const more = privateAddresses(network('10.0.0.0/24'), ids(200));
  for (const [id, address] of some) expect(more.get(id)).toBe(address);
  expect(privateAddresses(network('10.0.0.0/24'), ['balancer-7']).get('balancer-7')).toMatch(/^10\.0\.0\./);
});

test('a small network is used up but for its first and last address, and the youngest have none', () => {
  const addresses = privateAddresses(network('192.168.7.8/29'), ids(8));
  expect([...addresses.keys()]).toEqual(ids(6));
  expect([...addresses.values()].sort()).toEqual(
    ['9', '10', '11', '12', '13', '14'].map((last) => `192.168.7.${last}`).sort(),
  );
});
