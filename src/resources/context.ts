import type { DataPlane } from '../live/data-plane.js';
import type { Database } from '../storage/database.js';

/** What every resource works with. */
export interface Context {
  readonly db: Database;
  readonly dataPlane: Pick<DataPlane, 'ask' | 'connections'>;
  readonly settings: Settings;
}

export interface Settings {
  /** Seconds; Cloudflare's shortest is 10. */
  readonly minMonitorInterval: number;
  /** Where an IP address may stand under one virtual network only: in the whole account, or inside each pool. */
  readonly originUniqueness: 'account' | 'pool';
  /** Shown as the place of the only point of presence. */
  readonly location: string;
}
