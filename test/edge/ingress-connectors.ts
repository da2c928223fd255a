import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ingressTo } from './fake-ingress.js';
import { cleanUpLater, type TestEdge, type TestTunnel, testAuthority, until } from './fixture.js';
import { connectRaw, type RawConnector } from './raw-connector.js';

export interface IngressConnector {
  /** As SIGKILL does it: every connection breaks at once. */
  kill(): void;
}

/** Four connections to one place, and one ingress rule: everything goes to `port` of loopback. */
export type ConnectIngress = (edge: TestEdge, tunnel: TestTunnel, port: number) => Promise<IngressConnector>;

const fake: ConnectIngress = async (edge, tunnel, port) => {
  const connectors: RawConnector[] = [];
  for (const connIndex of [0, 1, 2, 3])
    connectors.push(await connectRaw(edge, tunnel, ingressTo(port), { connIndex }));
  return {
    kill() {
      for (const { session } of connectors) session.destroy();
    },
  };
};

/** With the real program: `CLOUDFLARED_BIN=$(which cloudflared) npx vitest run <file>`. */
const binary = process.env.CLOUDFLARED_BIN;

const cloudflared: ConnectIngress = async (edge, tunnel, port) => {
  const clients = () => new Set(edge.edge.connections(tunnel.id).map(({ clientId }) => clientId)).size;
  const before = clients();
  const { process } = await runCloudflared(edge, tunnel, [`- service: http://127.0.0.1:${port}`]);
  // Its first connection; the others follow, one in a second.
  await until(() => clients() > before);
  return { kill: () => void process.kill('SIGKILL') };
};

/** `rules`: items of `ingress` in a configuration file. */
export async function runCloudflared(
  { address }: TestEdge,
  { token }: TestTunnel,
  rules: readonly string[],
): Promise<{ readonly process: ChildProcess }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'cloudflared-'));
  const ca = path.join(folder, 'ca.pem');
  const config = path.join(folder, 'config.yml');
  writeFileSync(ca, (await testAuthority()).caCertificate);
  writeFileSync(config, `ingress:\n${rules.map((rule) => `  ${rule}\n`).join('')}`);
  const edges = Array.from({ length: 4 }, () => ['--edge', `${address.host}:${address.port}`]).flat();
  const flags = ['--no-autoupdate', '--no-prechecks', '--protocol', 'http2', '--cacert', ca, ...edges];
  const child = spawn(binary!, ['tunnel', '--config', config, ...flags, 'run', '--token', token], {
    stdio: 'ignore',
  });
  cleanUpLater(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return { process: child };
}

export const INGRESS_CONNECTORS: readonly (readonly [name: string, connect: ConnectIngress])[] = [
  ['a connector of the tests', fake],
  ...(binary ? [['cloudflared', cloudflared] as const] : []),
];
