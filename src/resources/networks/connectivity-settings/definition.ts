import type { Definition } from '../../../storage/tables/definition.js';

/** Of an account, whose id it has; there is none before the first change. */
export interface ConnectivitySettings {
  readonly id: string;
  readonly icmp_proxy_enabled: boolean;
  readonly offramp_warp_enabled: boolean;
}

export const connectivitySettings: Definition<ConnectivitySettings, never> = {
  noun: 'connectivity_settings',
  ownerOf: ({ id }) => id,
  createdAt: () => new Date(0),
  indexes: {},
  relations: [
    {
      table: 'connectivity_settings',
      columns: ['account_id', 'icmp_proxy_enabled', 'offramp_warp_enabled'],
      key: ['account_id'],
      rowsOf: ({ id, ...settings }) => [{ account_id: id, ...settings }],
    },
  ],
  async load(db, ids) {
    const rows = await db.connectivitySettings.findMany({
      where: ids ? { accountId: { in: [...ids] } } : {},
    });
    return rows.map(({ accountId, icmpProxyEnabled, offrampWarpEnabled }) => ({
      id: accountId,
      icmp_proxy_enabled: icmpProxyEnabled,
      offramp_warp_enabled: offrampWarpEnabled,
    }));
  },
};
