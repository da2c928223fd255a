import { ApiError } from '../../../api/errors.js';
import { inStoredOrder } from '../../_kit/json.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import type { Tunnel, WarpConfiguration } from '../definition.js';
import { createTunnel, getTunnel } from '../rules.js';
import { newSecret } from '../tunnel-secret.js';
import type { CreateBody, HaConfig, HaMode, PutBody } from './schema.js';

export const TYPE = 'warp_connector';

/** The members of `config` that each mode must have, and those that it may have besides. */
const MEMBERS: Readonly<
  Record<
    HaMode,
    { readonly needed: readonly (keyof HaConfig)[]; readonly taken: readonly (keyof HaConfig)[] }
  >
> = {
  none: { needed: [], taken: [] },
  disabled: { needed: [], taken: [] },
  aws: { needed: ['fnr_id'], taken: [] },
  local: { needed: ['vips'], taken: ['vips_previous'] },
};

export function createConnector(draft: WorkingDraft, accountId: string, { name, ha }: CreateBody): Tunnel {
  const own = { name, tunType: TYPE, configSrc: 'local' } as const;
  const tunnel = createTunnel(draft, accountId, own, newSecret());
  const haMode = ha ? 'none' : 'disabled';
  const warp = { haMode, config: null, version: 0, createdAt: tunnel.createdAt, updatedAt: null };
  draft.tunnels.put({ ...tunnel, warp });
  return tunnel;
}

/** Makes the next version, also when nothing differs. */
export function configure(
  draft: WorkingDraft,
  accountId: string,
  id: string,
  { ha_mode: haMode, config = null }: PutBody,
): WarpConfiguration {
  const before = getTunnel(draft, accountId, id, [TYPE]);
  const complaint = configComplaint(haMode, config);
  if (complaint) throw new ApiError('unparsable_input', complaint);
  const warp = {
    ...before.warp!,
    haMode,
    config: haMode === 'none' || haMode === 'disabled' ? null : inStoredOrder(config),
    version: before.warp!.version + 1,
    updatedAt: draft.now,
  };
  draft.tunnels.put({ ...before, warp });
  return warp;
}

/** Always throws: only a connector of the tunnel can become its active one, and none can register here. */
export function failOver(world: WorkingWorld, accountId: string, id: string, clientId: string): never {
  const { haMode } = getTunnel(world, accountId, id, [TYPE]).warp!;
  if (haMode === 'disabled' || haMode === 'none')
    throw new ApiError('failover_impossible', `the tunnel has the ha_mode "${haMode}", and needs a provider`);
  throw new ApiError('failover_impossible', `"${clientId}" is not a connector of the tunnel`);
}

/** What is wrong with the configuration of a mode, or null. An absent one counts as empty. */
function configComplaint(mode: HaMode, config: HaConfig | null): string | null {
  const given = Object.keys(config ?? {}) as (keyof HaConfig)[];
  const { needed, taken } = MEMBERS[mode];
  const missing = needed.find((member) => !given.includes(member));
  if (missing) return `config.${missing} is required for ha_mode "${mode}"`;
  const other = given.find((member) => !needed.includes(member) && !taken.includes(member));
  return other ? `config.${other} has no place in ha_mode "${mode}"` : null;
}
