import { promises as dns } from 'node:dns';
import { isIPv6 } from 'node:net';
import { prohibition } from '../../net/direct-networks.js';
import type { OffRamps, OriginPlace } from '../../offramps/contract.js';
import { abortable } from './abortable.js';
import { ProbeFailure } from './probe.js';

export interface IpAddress {
  readonly text: string;
  readonly family: 4 | 6;
}

/** The address of an origin, one that may be dialled; a name is looked up at every probe. Rejects with a ProbeFailure. */
export async function ipAddressOf(
  { ip, address }: OriginPlace,
  mayDial: OffRamps['mayDial'],
  signal: AbortSignal,
): Promise<IpAddress> {
  const candidates = ip === null ? await lookUp(address, signal) : [ip];
  const text = candidates.find(mayDial);
  if (text === undefined)
    throw new ProbeFailure('Network Unreachable', { detail: prohibition(address, candidates) });
  return { text, family: isIPv6(text) ? 6 : 4 };
}

async function lookUp(name: string, signal: AbortSignal): Promise<string[]> {
  try {
    const found = await abortable(dns.lookup(name, { all: true }), signal);
    return found.map(({ address }) => address);
  } catch (error) {
    throw new ProbeFailure(signal.aborted ? 'TCP Timeout' : 'DNS Unknown Host', { cause: error });
  }
}
