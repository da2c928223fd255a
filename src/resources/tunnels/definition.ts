import type { LiveTunnel } from '../../state/snapshot.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Definition } from '../../storage/tables/definition.js';
import { keptOf, keyIn, type SoftDeleted, softDeleted, tableOf } from '../_kit/soft-deleted.js';
import { secretDigest } from './tunnel-secret.js';
import type { ConfigSource, StoredType } from './tunnel-shape.js';

/** Without its secret, and without the times of its connections: those are in the database only. */
export interface Tunnel extends SoftDeleted {
  readonly name: string;
  readonly tunType: StoredType;
  readonly configSrc: ConfigSource;
  /** What connectors' secrets are checked with. */
  readonly secretSha256: string;
  /** What was put last; of a locally managed tunnel the database may have what a connector tells instead. */
  readonly configuration: Configuration | null;
  /** How WARP connectors stand in for each other; null for tunnels of cloudflared. */
  readonly warp: WarpConfiguration | null;
}

export interface Configuration {
  readonly version: number;
  readonly config: unknown;
  readonly createdAt: Date;
}

export interface WarpConfiguration {
  readonly haMode: string;
  readonly config: unknown;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date | null;
}

const configuration = tableOf(
  'tunnel_configuration',
  Object.values(Prisma.TunnelConfigurationScalarFieldEnum),
  {
    key: 'tunnel_id',
    part: ({ id, configuration }: Tunnel) => configuration && { tunnelId: id, ...configuration },
  },
);

const warpConfiguration = tableOf(
  'warp_configuration',
  Object.values(Prisma.WarpConfigurationScalarFieldEnum),
  { key: 'tunnel_id', part: ({ id, warp }: Tunnel) => warp && { tunnelId: id, ...warp } },
);

export const tunnels = softDeleted<Tunnel, 'name'>({
  noun: 'tunnel',
  indexes: { name: ({ accountId, name }) => keyIn(accountId, name) },
  relations: [
    tableOf('tunnel', ['id', 'accountId', 'name', 'tunType', 'configSrc', 'createdAt', 'deletedAt'], {
      untouched: ['conns_active_at', 'conns_inactive_at'],
    }),
    configuration,
    warpConfiguration,
  ],
  async load(db, ids) {
    const where = keptOf(ids);
    const rows = await db.tunnel.findMany({ where, include: { secret: true } });
    // One after the other: a transaction has one connection.
    const configurations = byTunnel(await db.tunnelConfiguration.findMany({ where: { tunnel: where } }));
    const warp = byTunnel(await db.warpConfiguration.findMany({ where: { tunnel: where } }));
    return rows.map(({ connsActiveAt: _active, connsInactiveAt: _inactive, secret, ...row }) => ({
      ...row,
      tunType: row.tunType as StoredType,
      configSrc: row.configSrc as ConfigSource,
      secretSha256: secretDigest(secret!.secret),
      configuration: configurations.get(row.id) ?? null,
      warp: warp.get(row.id) ?? null,
    }));
  },
});

const byTunnel = <Part extends { readonly tunnelId: string }>(parts: readonly Part[]) =>
  new Map(parts.map((part) => [part.tunnelId, part]));

/** A secret on its way to the database, by the id of its tunnel. */
export interface TunnelSecret {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** Memory keeps none. */
export const tunnelSecrets: Definition<TunnelSecret, never> = {
  noun: 'tunnel_secret',
  ownerOf: ({ id }) => id,
  createdAt: () => new Date(0),
  isKept: () => false,
  indexes: {},
  relations: [
    tableOf('tunnel_secret', ['tunnelId', 'secret'], {
      key: 'tunnel_id',
      part: ({ id, secret }) => ({ tunnelId: id, secret: `\\x${Buffer.from(secret).toString('hex')}` }),
    }),
  ],
  load: async () => [],
};

/** The tunnel as the data plane sees it, which serves those of cloudflared. */
export function liveTunnel(tunnel: Tunnel): LiveTunnel | null {
  const { id, accountId, name, secretSha256, configSrc, configuration } = tunnel;
  if (tunnel.tunType !== 'cfd_tunnel') return null;
  // Before the first one it is version 0 and empty: what a connector has of its own does not count any more.
  const live = {
    version: configuration?.version ?? 0,
    config: JSON.stringify(configuration?.config ?? {}),
  };
  return { id, accountId, name, secretSha256, configuration: configSrc === 'cloudflare' ? live : null };
}
