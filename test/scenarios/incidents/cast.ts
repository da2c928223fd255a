import type { RequestListener } from 'node:http';
import { type Api, apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { type Stream, type StreamOptions, startStream } from '../../support/stream.js';
import { eventually } from '../../support/waiting.js';

/** An Offramp and what an operator does with it. Its origins are at localhost, one in each pool, and end with the test. */
export interface Stage<Offramp = RunningOfframp> {
  readonly offramp: Offramp;
  readonly api: Api;
  /** An origin that answers with its name; the listener, where there is one, takes the requests that it answers. */
  pool(name: string, fields?: object, listener?: RequestListener): Promise<StagedPool>;
  /** Of pools in their order, the last one also as fallback. */
  balancer(pools: readonly { readonly id: string }[], fields?: object): Promise<Balancer>;
  monitor(port: number, fields?: object): Promise<{ readonly id: string }>;
  /** Changes an object and fails unless it was changed. */
  change(path: string, fields: object): Promise<void>;
  /** In place of the faults before; each for the origin of a pool. */
  faults(...faults: readonly ({ readonly pool_id: string } & Record<string, unknown>)[]): Promise<void>;
  healthy(poolId: string, wanted: boolean): Promise<void>;
}

export interface StagedPool {
  readonly id: string;
  readonly name: string;
  readonly port: number;
}

export interface Balancer {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  stream(options?: StreamOptions): Stream;
}

const POOLS = '@/load_balancers/pools';
let hosts = 0;

export async function openStage(flags: readonly string[] = []): Promise<Stage> {
  const offramp = await startOfframp(['--min-monitor-interval', '1', ...flags]);
  return stageOf(offramp, apiOf(offramp));
}

export function stageOf<Offramp extends Pick<RunningOfframp, 'apiUrl' | 'http'>>(
  offramp: Offramp,
  api: Api,
): Stage<Offramp> {
  let pools = 0;
  const monitor: Stage['monitor'] = (port, fields = {}) =>
    api.create('@/load_balancers/monitors', {
      type: 'http',
      expected_codes: '200',
      interval: 60,
      timeout: 1,
      retries: 0,
      port,
      ...fields,
    });
  return {
    offramp,
    api,
    monitor,
    async pool(name, fields = {}, listener = (_request, response) => response.end(name)) {
      const { port } = await httpOrigin(listener);
      const { monitored = false, ...rest } = fields as { readonly monitored?: boolean };
      const { id } = await api.create(POOLS, {
        name: `${name}-${++pools}`,
        origins: [{ name, address: 'localhost', port }],
        ...(monitored ? { monitor: (await monitor(port)).id } : {}),
        ...rest,
      });
      return { id, name, port };
    },
    async balancer(members, fields = {}) {
      const host = `incident-${++hosts}.example.com`;
      const { id } = await api.create('%/load_balancers', {
        name: host,
        default_pools: members.map((pool) => pool.id),
        fallback_pool: members.at(-1)!.id,
        proxied: true,
        ...fields,
      });
      return {
        id,
        host,
        path: `%/load_balancers/${id}`,
        stream: (options) => startStream(offramp.http, host, options),
      };
    },
    async change(path, fields) {
      const { status, body } = await api.patch(path, fields);
      if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${JSON.stringify(body)}`);
    },
    async faults(...faults) {
      const { status } = await fetch(`${new URL(offramp.apiUrl).origin}/_offramp/faults`, {
        method: 'PUT',
        headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
        body: JSON.stringify({ faults: faults.map((fault) => ({ address: 'localhost', ...fault })) }),
      });
      if (status !== 200) throw new Error(`the faults were not taken: ${status}`);
    },
    async healthy(poolId, wanted) {
      await eventually(async () => {
        const { pop_health } = (await api.get(`${POOLS}/${poolId}/health`)).body.result;
        const places = Object.values(pop_health) as { healthy: boolean }[];
        return places.length > 0 && places.every(({ healthy }) => healthy === wanted);
      });
    },
  };
}
