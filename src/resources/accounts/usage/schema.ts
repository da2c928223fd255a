import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';

export const accountParams = z.object({ account_id: hexId });

const count = z.int().min(0);

export const usage = z
  .object({
    load_balancers: count,
    monitors: count,
    origins: count,
    pools: count,
    max_origins_per_pool: count,
    minimum_monitor_interval: count,
  })
  .meta({ id: 'LoadBalancingUsage' });

export type Usage = z.output<typeof usage>;
