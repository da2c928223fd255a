import pino from 'pino';
import type { EdgeOptions } from '../../../src/tunnel/edge/edge.js';
import { createDirectDialer } from '../../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../../src/tunnel/egress/select.js';
import { startEdge, type TestEdge, type TestTunnel } from '../../edge/fixture.js';
import { liveOrigin, unmonitoredPool } from '../../support/live-objects.js';
import { type Rig, type RigOptions, startRig } from '../rig.js';

export interface IngressRig {
  readonly edge: TestEdge;
  readonly tunnel: TestTunnel;
  readonly proxy: Rig;
  /** What was logged, as JSON. */
  readonly logged: string[];
}

export const publishedAt = (tunnel: TestTunnel) => `${tunnel.id}.cfargotunnel.com`;

/** A proxy whose only origin is behind the ingress rules of a tunnel; `others` are ports of loopback that stand in for it. */
export async function ingressRig(
  options: RigOptions & {
    readonly others?: readonly number[];
    readonly host?: string;
    readonly edge?: Partial<EdgeOptions>;
  } = {},
): Promise<IngressRig> {
  const edge = await startEdge(options.edge);
  const tunnel = edge.addTunnel({ accountId: 'account-1' });
  const logged: string[] = [];
  const published = liveOrigin({
    name: 'published',
    address: publishedAt(tunnel),
    host: options.host ?? null,
    weight: 1,
  });
  // So little that the published one is asked first.
  const others = (options.others ?? []).map((port) => liveOrigin({ port, weight: 1e-12 }));
  const proxy = await startRig({
    upsert: { pool: [unmonitoredPool({ id: 'pool', origins: [published, ...others] })] },
    offramps: createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() }),
    log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
    ...options,
  });
  return { edge, tunnel, proxy, logged };
}
