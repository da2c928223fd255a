import type { LiveTunnel } from '../../../live/snapshot.js';
import type { Definition } from '../../../storage/tables/definition.js';
import { liveTunnels } from './store.js';

export interface KnownTunnel extends LiveTunnel {
  readonly createdAt: Date;
}

/** Those that were deleted, and those that cloudflared cannot serve, are in the database only. */
export const tunnels: Definition<KnownTunnel, never> = {
  noun: 'tunnel',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdAt }) => createdAt,
  indexes: {},
  relations: [],
  load: liveTunnels,
};

export const liveTunnel = ({ createdAt: _createdAt, ...tunnel }: KnownTunnel): LiveTunnel => tunnel;
