import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cleanUpLater, until } from './fixture.js';
import { type EdgeToDial, trustedBy } from './raw-connector.js';

/** With the real program: `CLOUDFLARED_BIN=$(which cloudflared) npx vitest run test/edge`. */
export const cloudflaredBinary = process.env.CLOUDFLARED_BIN;

export interface Cloudflared {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** The version that it goes by (-1 for its own), and its rules. */
  configuration(): Promise<{ version: number; config: { ingress: { service: string }[] } }>;
}

/** Starts it with four connections, and with `config` as its configuration file. It is killed with the edge. */
export async function runCloudflared(edge: EdgeToDial, token: string, config = ''): Promise<Cloudflared> {
  const folder = mkdtempSync(path.join(tmpdir(), 'cloudflared-'));
  const ca = path.join(folder, 'ca.pem');
  const configFile = path.join(folder, 'config.yml');
  writeFileSync(ca, await trustedBy(edge));
  writeFileSync(configFile, config);
  const edges = Array(4)
    .fill(['--edge', `${edge.address.host}:${edge.address.port}`])
    .flat();
  const flags = ['--no-autoupdate', '--no-prechecks', '--protocol', 'http2', '--cacert', ca, ...edges];
  const files = ['--config', configFile, '--metrics', '127.0.0.1:0'];
  const child = spawn(cloudflaredBinary!, ['tunnel', ...files, ...flags, 'run', '--token', token], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  cleanUpLater(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    process: child,
    output: () => output,
    async configuration() {
      await until(() => /metrics server on [\d.:]+\/metrics/.test(output));
      const [, address] = /metrics server on ([\d.:]+)\/metrics/.exec(output)!;
      return (await (await fetch(`http://${address}/config`)).json()) as never;
    },
  };
}
