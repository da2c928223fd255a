import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { FailureReason } from '../../live/health-board.js';
import { echo } from './icmp-ping.js';
import type { IpAddress } from './ip-address.js';
import { failed, type Probe, ProbeFailure, passed } from './probe.js';

const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'TCP connection failed',
  EHOSTUNREACH: 'No route to host error',
  ENETUNREACH: 'Network Unreachable',
};

/**
 * Up when the origin answers an ICMP echo, and then nothing says until the timeout that the UDP port is closed: an open
 * one need not answer. Public origins only.
 */
export const probeUdpIcmp: Probe = async ({ origin, monitor }, dependencies, signal) => {
  if (origin.virtualNetworkId !== null) return failed('Monitor Config Error');
  const { ip, rttMs } = await echo(origin, dependencies, signal);
  await sendAndListen(ip, monitor.port, signal);
  return passed(0, rttMs);
};

/** Resolves at the first answer or when `signal` is aborted, which is the timeout; rejects with a ProbeFailure. */
async function sendAndListen(ip: IpAddress, port: number, signal: AbortSignal): Promise<void> {
  const socket = createSocket(ip.family === 6 ? 'udp6' : 'udp4');
  try {
    // Connected, so that an ICMP message about the port comes back as an error of the socket.
    const connected = once(socket, 'connect', { signal });
    socket.connect(port, ip.text);
    await connected;
    const answered = once(socket, 'message', { signal });
    socket.send('');
    await answered;
  } catch (error) {
    if (signal.aborted) return;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new ProbeFailure(REASONS[code] ?? 'Other Failure', { cause: error });
  } finally {
    close(socket);
  }
}

/** An error that is still under way must not end the process. */
function close(socket: Socket): void {
  socket.on('error', () => {});
  socket.close();
}
