import { mergeFields } from '../../../api/fields.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { PatchBody, Settings } from './schema.js';
import * as store from './store.js';

const DEFAULTS: Settings = { icmp_proxy_enabled: false, offramp_warp_enabled: false };

export async function get(db: Client, accountId: string): Promise<Settings> {
  const stored = await store.find(db, accountId);
  if (!stored) return DEFAULTS;
  return {
    icmp_proxy_enabled: stored.icmpProxyEnabled,
    offramp_warp_enabled: stored.offrampWarpEnabled,
  };
}

/** Changes what the body names; a null goes back to the default. */
export async function change(tx: Tx, accountId: string, body: PatchBody): Promise<Settings> {
  const before = await get(tx.db, accountId);
  const after = mergeFields<Settings>(body, before, DEFAULTS);
  const same =
    after.icmp_proxy_enabled === before.icmp_proxy_enabled &&
    after.offramp_warp_enabled === before.offramp_warp_enabled;
  if (same) return before;
  await store.put(tx, {
    accountId,
    icmpProxyEnabled: after.icmp_proxy_enabled,
    offrampWarpEnabled: after.offramp_warp_enabled,
  });
  return after;
}
