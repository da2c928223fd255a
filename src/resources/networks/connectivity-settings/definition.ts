import { z } from 'zod';
import { field } from '../../_kit/fields.js';
import { singles } from '../../_kit/singles.js';

export const fields = {
  icmp_proxy_enabled: field(z.boolean(), false, {
    notYet: (enabled) => (enabled ? 'no ICMP is proxied' : undefined),
  }),
  offramp_warp_enabled: field(z.boolean(), false, {
    notYet: (enabled) => (enabled ? 'there is no traffic between devices' : undefined),
  }),
};

/** Of an account. */
export const connectivitySettings = singles('connectivity_settings', 'account_id', fields, (db, ids) =>
  db.connectivitySettings.findMany({ where: ids ? { accountId: { in: [...ids] } } : {} }),
);
