import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Api, apiOf } from './api.js';
import { type RunningOfframp, startOfframp } from './offramp.js';
import { createScratchDatabase } from './scratch-database.js';

/** Two virtual networks whose routes cover 10.0.0.0/8, 8.8.8.0/24 and fd00::/8, and one that has no route. */
export interface Networks {
  readonly east: string;
  readonly west: string;
  readonly empty: string;
}

export interface OfframpWithNetworks {
  readonly offramp: RunningOfframp;
  readonly api: Api;
  readonly networks: Networks;
  stop(): Promise<void>;
}

const COVERED = ['10.0.0.0/8', '8.8.8.0/24', 'fd00::/8'];

/** Starts a program whose account has routed virtual networks. The routes are written to its database while it is down. */
export async function startWithNetworks(flags: readonly string[] = []): Promise<OfframpWithNetworks> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-test-'));
  const server = process.env.TEST_DATABASE_URL;
  const url = server ? await createScratchDatabase(server) : null;
  const storage = url ? ['--database-url', url] : ['--data-dir', dataDir];
  const first = await startOfframp(storage);
  const networkId = async (name: string): Promise<string> =>
    (await apiOf(first).create('@/teamnet/virtual_networks', { name })).id;
  const networks = {
    east: await networkId('east'),
    west: await networkId('west'),
    empty: await networkId('empty'),
  };
  await first.stop();
  await insertRoutes({ url, dataDir: `${dataDir}/database` }, first.accountId, [
    networks.east,
    networks.west,
  ]);
  const offramp = await startOfframp([...storage, ...flags]);
  return {
    offramp,
    api: apiOf(offramp),
    networks,
    async stop() {
      await offramp.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function insertRoutes(
  options: { url: string | null; dataDir: string },
  accountId: string,
  networkIds: readonly string[],
): Promise<void> {
  const { openDatabase } = await import(path.resolve(import.meta.dirname, '../../dist/storage/database.js'));
  const db = await openDatabase(options);
  const tunnel = {
    id: randomUUID(),
    accountId,
    name: 'tunnel',
    configSrc: 'local',
    secret: Buffer.alloc(32),
  };
  const createdAt = new Date();
  await db.read.tunnel.create({ data: { ...tunnel, createdAt } });
  await db.read.route.createMany({
    data: networkIds.flatMap((virtualNetworkId) =>
      COVERED.map((network) => ({
        id: randomUUID(),
        accountId,
        network,
        virtualNetworkId,
        tunnelId: tunnel.id,
        comment: '',
        createdAt,
      })),
    ),
  });
  await db.close();
}
