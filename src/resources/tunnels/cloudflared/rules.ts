import { inStoredOrder } from '../../_kit/json.js';
import type { WorkingDraft } from '../../definitions.js';
import type { Configuration } from '../definition.js';
import { getTunnel } from '../rules.js';
import type { StoredTunnel } from '../store.js';
import type { PutBody } from './configuration-schema.js';

export interface Configured {
  readonly tunnel: Pick<StoredTunnel, 'id' | 'accountId' | 'configSrc'>;
  readonly configuration: Configuration;
}

/**
 * Makes the next version, also when nothing differs. The tunnel is managed remotely from then on, or, when the body has
 * "local" as source, locally: connectors keep to their own configuration.
 */
export function configureTunnel(
  draft: WorkingDraft,
  accountId: string,
  id: string,
  { config, source }: PutBody,
): Configured {
  const before = getTunnel(draft, accountId, id, ['cfd_tunnel']);
  const version = (before.configuration?.version ?? 0) + 1;
  const configuration = { version, config: inStoredOrder(config ?? null), createdAt: draft.now };
  const tunnel = { ...before, configSrc: source ?? 'cloudflare', configuration } as const;
  draft.tunnels.put(tunnel);
  return { tunnel, configuration };
}
