import { ipAddressOf } from './ip-address.js';
import { ping } from './ping.js';
import { failed, type Probe } from './probe.js';

/** Up when the origin answers an ICMP echo. Public origins only: tunnels carry none. */
export const probeIcmpPing: Probe = async ({ origin }, { clock }, signal) => {
  if (origin.virtualNetworkId !== null) return failed('Monitor Config Error');
  const ip = await ipAddressOf(origin, signal);
  const startedAt = clock.monotonic();
  const rttMs = (await ping(ip.text, signal)) ?? clock.monotonic() - startedAt;
  return { passed: true, reason: 'No failures', responseCode: 0, rttMs };
};
