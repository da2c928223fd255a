import { promises as dns } from 'node:dns';
import { isIPv6 } from 'node:net';
import type { OriginAddress } from '../../offramps/contract.js';
import { abortable } from './abortable.js';
import { ProbeFailure } from './probe.js';

export interface IpAddress {
  readonly text: string;
  readonly family: 4 | 6;
}

/** The address of an origin; a name is looked up at every probe. Rejects with a ProbeFailure. */
export async function ipAddressOf({ ip, address }: OriginAddress, signal: AbortSignal): Promise<IpAddress> {
  const text = ip ?? (await lookUp(address, signal));
  return { text, family: isIPv6(text) ? 6 : 4 };
}

async function lookUp(name: string, signal: AbortSignal): Promise<string> {
  try {
    return (await abortable(dns.lookup(name), signal)).address;
  } catch (error) {
    throw new ProbeFailure(signal.aborted ? 'TCP Timeout' : 'DNS Unknown Host', { cause: error });
  }
}
