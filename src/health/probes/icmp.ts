import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Readable } from 'node:stream';
import { prohibition } from '../../net/addresses.js';
import type { FailureReason } from '../../state/health-board.js';
import type { OffRamps, OriginPlace } from '../../tunnel/egress/contract.js';
import { failed, type Probe, type ProbeDependencies, ProbeFailure, passed } from './probe.js';

/** Up when the origin answers an ICMP echo. Public origins only: tunnels carry none. */
export const probeIcmpPing: Probe = async ({ origin }, dependencies, cancellation) => {
  if (origin.virtualNetworkId !== null) return failed('Monitor Config Error');
  const { rttMs } = await echo(origin, dependencies, cancellation.signal());
  return passed(0, rttMs);
};

/** One ICMP echo to the origin: the address that answered, and the round trip in ms. Rejects with a ProbeFailure. */
async function echo(
  origin: OriginPlace,
  { real, offramps }: ProbeDependencies,
  signal: AbortSignal,
): Promise<{ ip: IpAddress; rttMs: number }> {
  const ip = await ipAddressOf(origin, offramps.mayDial, signal);
  const startedAt = real.monotonic();
  return { ip, rttMs: (await ping(ip.text, signal)) ?? real.monotonic() - startedAt };
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'TCP connection failed',
  EHOSTUNREACH: 'No route to host error',
  ENETUNREACH: 'Network Unreachable',
};

/**
 * Up when the origin answers an ICMP echo, and then nothing says until the timeout that the UDP port is closed: an open
 * one need not answer. Public origins only.
 */
export const probeUdpIcmp: Probe = async ({ origin, monitor }, dependencies, cancellation) => {
  if (origin.virtualNetworkId !== null) return failed('Monitor Config Error');
  const signal = cancellation.signal();
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

/** What a run of the program says; more of it is not kept. */
const MAX_OUTPUT = 4_096;
const ROUND_TRIP = /\btime[=<]([\d.]+) ?ms\b/;

interface Run {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * One ICMP echo to `ip`, a literal, by the system's `ping`, which has the right to send it where a process like this one
 * has not. Resolves with the round trip in milliseconds, null when the program does not tell it; rejects with a
 * ProbeFailure. Its vocabulary has no word of its own for an echo that nobody answers: that is a timeout.
 */
export async function ping(ip: string, signal: AbortSignal): Promise<number | null> {
  await turn();
  // No other options: the time to wait is in seconds for one program and in milliseconds for another.
  const { exitCode, output } = await run('ping', ['-c', '1', ip], signal);
  if (signal.aborted) throw new ProbeFailure('TCP Timeout');
  if (exitCode !== 0) throw new ProbeFailure(reasonOf(output));
  const roundTrip = ROUND_TRIP.exec(output)?.[1];
  return roundTrip === undefined ? null : Number(roundTrip);
}

let newest: Promise<void> = Promise.resolve();

/** Starting a program holds up the thread for milliseconds: one in each turn of the event loop, so that traffic runs between. */
function turn(): Promise<void> {
  newest = newest.then(() => new Promise((resolve) => setImmediate(resolve)));
  return newest;
}

function reasonOf(output: string): FailureReason {
  if (/not permitted|permission denied|usage:|invalid option/i.test(output)) return 'Monitor Config Error';
  if (/net(work)?( is)? unreachable/i.test(output)) return 'Network Unreachable';
  if (/unreachable|no route to host/i.test(output)) return 'No route to host error';
  return /\b(0 received|0 packets received)\b/.test(output) ? 'TCP Timeout' : 'Other Failure';
}

/** Without a shell; killed when `signal` is aborted. Rejects when the program is not there. */
function run(program: string, args: readonly string[], signal: AbortSignal): Promise<Run> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new ProbeFailure('TCP Timeout'));
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    // First of all: without descriptors for the pipes there is an error, and there are no streams.
    child.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', kill);
      const absent = error.code === 'ENOENT' || error.code === 'EACCES';
      reject(new ProbeFailure(absent ? 'Monitor Config Error' : 'Other Failure', { cause: error }));
    });
    const outputs = [collect(child.stdout), collect(child.stderr)];
    child.once('close', (exitCode) => {
      signal.removeEventListener('abort', kill);
      resolve({ exitCode, output: outputs.map((text) => text()).join('\n') });
    });
  });
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('latin1').on('data', (chunk: string) => {
    if (text.length < MAX_OUTPUT) text += chunk.slice(0, MAX_OUTPUT - text.length);
  });
  return () => text;
}

interface IpAddress {
  readonly text: string;
  readonly family: 4 | 6;
}

/** The address of an origin, one that may be dialled; a name is looked up at every probe. Rejects with a ProbeFailure. */
async function ipAddressOf(
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

/** `promise`, or a rejection as soon as `signal` is aborted: for waits that cannot be cancelled themselves. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
