import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { startConnector } from '../../src/tunnel/connector/connector.js';
import { parseMap } from '../../src/tunnel/connector/options.js';
import { cleanEnvironment } from './clean-environment.js';
import type { RunningOfframp } from './offramp.js';

/** A tunnel connector under test, ours or the real one. */
export interface ConnectorUnderTest {
  /** Unregisters, as on SIGTERM. */
  stop(): Promise<void>;
}

export type ConnectorKind = 'ours' | 'cloudflared';

export const CLOUDFLARED = process.env.CLOUDFLARED_BIN;

/** Four connections to the edge; resolves as soon as it has been started, not registered. */
export async function runConnector(
  kind: ConnectorKind,
  offramp: Pick<RunningOfframp, 'edge' | 'edgeCa'>,
  token: string,
  map: readonly string[] = [],
): Promise<ConnectorUnderTest> {
  return kind === 'ours' ? await runOurs(offramp, token, map) : runCloudflared(offramp, token);
}

async function runOurs(
  offramp: Pick<RunningOfframp, 'edge' | 'edgeCa'>,
  token: string,
  map: readonly string[],
): Promise<ConnectorUnderTest> {
  const connector = startConnector({
    token,
    edge: [offramp.edge],
    ca: await readFile(offramp.edgeCa, 'utf8'),
    connections: 4,
    map: parseMap(map),
    log: pino({ level: 'silent' }),
  });
  connector.ready.catch(() => undefined);
  return { stop: () => connector.close() };
}

function runCloudflared(offramp: Pick<RunningOfframp, 'edge' | 'edgeCa'>, token: string): ConnectorUnderTest {
  const edges = Array(4).fill(['--edge', offramp.edge]).flat();
  const flags = [
    '--no-autoupdate',
    '--protocol',
    'http2',
    '--cacert',
    offramp.edgeCa,
    '--metrics',
    '127.0.0.1:0',
  ];
  const child = spawn(CLOUDFLARED!, ['tunnel', ...flags, ...edges, 'run', '--token', token], {
    env: { ...cleanEnvironment(), TUNNEL_NO_PRECHECKS: 'true' },
    stdio: 'ignore',
  });
  return {
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
