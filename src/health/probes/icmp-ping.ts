import type { OriginPlace } from '../../offramps/contract.js';
import { type IpAddress, ipAddressOf } from './ip-address.js';
import { ping } from './ping.js';
import { failed, type Probe, type ProbeDependencies, passed } from './probe.js';

/** Up when the origin answers an ICMP echo. Public origins only: tunnels carry none. */
export const probeIcmpPing: Probe = async ({ origin }, dependencies, signal) => {
  if (origin.virtualNetworkId !== null) return failed('Monitor Config Error');
  const { rttMs } = await echo(origin, dependencies, signal);
  return passed(0, rttMs);
};

/** One ICMP echo to the origin: the address that answered, and the round trip in ms. Rejects with a ProbeFailure. */
export async function echo(
  origin: OriginPlace,
  { real, offramps }: ProbeDependencies,
  signal: AbortSignal,
): Promise<{ ip: IpAddress; rttMs: number }> {
  const ip = await ipAddressOf(origin, offramps.mayDial, signal);
  const startedAt = real.monotonic();
  return { ip, rttMs: (await ping(ip.text, signal)) ?? real.monotonic() - startedAt };
}
