import type { NetworkInterfaceInfo } from 'node:os';
import { parseIp } from '../net/ip.js';

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

const LOOPBACK: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  '0.0.0.0': ['127.0.0.1'],
  '::': ['127.0.0.1', '::1'],
};

/**
 * What DNS says of where a listener is reached (the proxy, or DNS itself): the advertised addresses, otherwise the one that it
 * listens on. One that listens on all of the machine's addresses is found at those that others can reach, or else at loopback.
 */
export function reachableAddresses(
  advertised: readonly string[],
  host: string,
  interfaces: Interfaces,
): readonly string[] {
  if (advertised.length > 0) return advertised;
  const everywhere = LOOPBACK[host];
  if (everywhere === undefined) return [host];
  const reachable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => parseIp(address))
    // Link-local addresses mean nothing without an interface.
    .filter(
      (ip) => ip !== null && !(ip.family === 6 && ip.bytes[0] === 0xfe && (ip.bytes[1]! & 0xc0) === 0x80),
    )
    .filter((ip) => host !== '0.0.0.0' || ip?.family === 4)
    .map((ip) => ip!.text);
  return reachable.length > 0 && host !== 'localhost' ? reachable : everywhere;
}
