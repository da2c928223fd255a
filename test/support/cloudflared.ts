import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnvironment } from './clean-environment.js';
import { CLOUDFLARED, type ConnectorUnderTest } from './connectors.js';

/** A cloudflared that runs until it is stopped, started from a shell in which `variables` were evaluated. */
export interface SpawnedCloudflared extends ConnectorUnderTest {
  /** What it has printed so far. */
  output(): string;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<unknown>;
}

export function spawnCloudflared(
  args: readonly string[],
  variables: string,
  home: string,
): SpawnedCloudflared {
  const script = `eval "$VARIABLES"; exec '${CLOUDFLARED}' "$@"`;
  const child = spawn('bash', ['-c', script, 'cloudflared', ...args], {
    env: { ...cleanEnvironment(), TUNNEL_METRICS: '127.0.0.1:0', HOME: home, VARIABLES: variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = once(child, 'close');
  return {
    output: () => output,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
