import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnvironment } from './clean-environment.js';
import { CLOUDFLARED, type ConnectorKind, type ConnectorUnderTest } from './connectors.js';
import type { RunningOfframp } from './offramp.js';
import { spawnProgram } from './program.js';

/** A connector in a process of its own, that can be killed and stopped as the kernel would. */
export interface ConnectorProcess extends ConnectorUnderTest {
  readonly process: ChildProcess;
  /** What it has said so far. */
  output(): string;
  /** Sends the signal; resolves with the exit code, or null when the signal has ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

const MAX_OUTPUT = 1024 * 1024;

/** `offramp connector` or `cloudflared tunnel run`, with four connections; `flags` come before `run`. */
export function spawnConnector(
  kind: ConnectorKind,
  { edge, edgeCa }: Pick<RunningOfframp, 'edge' | 'edgeCa'>,
  token: string,
  flags: readonly string[] = [],
): ConnectorProcess {
  if (kind === 'ours')
    return running(
      spawnProgram(['connector', '--edge', edge, '--cacert', edgeCa, '--token', token, ...flags]),
    );
  const args = ['tunnel', ...cloudflaredFlags(edge, edgeCa), ...flags, 'run', '--token', token];
  return running(
    spawn(CLOUDFLARED!, args, {
      env: { ...cleanEnvironment(), TUNNEL_NO_PRECHECKS: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** What cloudflared needs to find the edge; as many connections as addresses. */
export function cloudflaredFlags(edge: string, edgeCa: string): string[] {
  const edges = Array(4).fill(['--edge', edge]).flat();
  const flags = ['--no-autoupdate', '--protocol', 'http2', '--cacert', edgeCa, '--metrics', '127.0.0.1:0'];
  return [...flags, ...edges];
}

export function running(child: ChildProcess): ConnectorProcess {
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT);
    });
  }
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return (await exited)[0];
  };
  return { process: child, output: () => output, end, stop: async () => void (await end('SIGTERM')) };
}
