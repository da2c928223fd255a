import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { reachableAddresses } from '../../src/dns/server.js';

const at = (address: string, internal = false) => ({ address, internal }) as NetworkInterfaceInfo;
const INTERFACES = {
  lo: [at('127.0.0.1', true), at('::1', true)],
  eth0: [at('192.0.2.10'), at('2001:db8::10'), at('fe80::10')],
};
const LOOPBACK = { lo: INTERFACES.lo };

test.each([
  ['what is advertised, wherever it listens', ['198.51.100.1'], '0.0.0.0', ['198.51.100.1']],
  ['the one address that it listens on', [], '192.0.2.10', ['192.0.2.10']],
  ['both loopback addresses of localhost', [], 'localhost', ['127.0.0.1', '::1']],
  ['all IPv4 addresses that others can reach', [], '0.0.0.0', ['192.0.2.10']],
  ['all addresses that others can reach, but no link-local ones', [], '::', ['192.0.2.10', '2001:db8::10']],
])('a listener is reached at %s', (_what, advertised, host, addresses) => {
  expect(reachableAddresses(advertised, host, INTERFACES)).toEqual(addresses);
});

test('a machine that nobody else can reach answers with loopback', () => {
  expect(reachableAddresses([], '0.0.0.0', LOOPBACK)).toEqual(['127.0.0.1']);
  expect(reachableAddresses([], '::', LOOPBACK)).toEqual(['127.0.0.1', '::1']);
});
