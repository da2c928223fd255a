import { ApiError } from '../../api/errors.js';
import { keyIn } from '../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../definitions.js';
import type { Tunnel } from './definition.js';
import { secretDigest } from './tunnel-secret.js';
import { type PatchBody, STORED_TYPES, type StoredType } from './tunnel-shape.js';

/** The tunnel `id` of one of these types, or of any; throws unless it is live. */
export function getTunnel(
  { tunnels }: Pick<WorkingWorld, 'tunnels'>,
  accountId: string,
  id: string,
  types: readonly StoredType[] = STORED_TYPES,
): Tunnel {
  const tunnel = tunnels.get(id);
  if (tunnel?.accountId !== accountId || !types.includes(tunnel.tunType))
    throw new ApiError('tunnel_missing');
  return tunnel;
}

export function createTunnel(
  draft: WorkingDraft,
  accountId: string,
  own: Pick<Tunnel, 'name' | 'tunType' | 'configSrc'>,
  secret: Uint8Array,
): Tunnel {
  requireFreeName(draft, accountId, own.name);
  const createdAt = draft.now;
  const tunnel: Tunnel = {
    id: draft.ids.uuid(),
    accountId,
    ...own,
    secretSha256: secretDigest(secret),
    configuration: null,
    warp: null,
    createdAt,
    deletedAt: null,
  };
  draft.tunnels.put(tunnel);
  draft.tunnelSecrets.put({ id: tunnel.id, secret });
  return tunnel;
}

/** Changes what the body names. A new secret counts from the next registration on: connectors that run stay. */
export function changeTunnel(
  draft: WorkingDraft,
  accountId: string,
  type: StoredType,
  id: string,
  { name, tunnel_secret: secret }: PatchBody,
): Tunnel {
  const before = getTunnel(draft, accountId, id, [type]);
  const after = {
    ...before,
    name: name ?? before.name,
    secretSha256: secret ? secretDigest(secret) : before.secretSha256,
  };
  if (after.name !== before.name) requireFreeName(draft, accountId, after.name);
  if (after.name === before.name && !secret) return before;
  draft.tunnels.put(after);
  if (secret) draft.tunnelSecrets.put({ id, secret });
  return after;
}

/** Deletes the tunnel with what leads to it; one that has `connections` only when `cascade` says that they go as well. */
export function removeTunnel(
  draft: WorkingDraft,
  accountId: string,
  type: StoredType,
  id: string,
  { connections, cascade }: { readonly connections: number; readonly cascade: boolean },
): Tunnel {
  const before = getTunnel(draft, accountId, id, [type]);
  if (connections > 0 && !cascade) throw new ApiError('tunnel_connected');
  const deletedAt = draft.now;
  for (const route of draft.routes.by('tunnel', id)) draft.routes.put({ ...route, deletedAt });
  for (const route of draft.hostnameRoutes.by('tunnel', id))
    draft.hostnameRoutes.put({ ...route, deletedAt });
  const after = { ...before, deletedAt };
  draft.tunnels.put(after);
  return after;
}

/** A name belongs to one live tunnel of the account, whatever the types. */
function requireFreeName({ tunnels }: WorkingDraft, accountId: string, name: string): void {
  if (tunnels.by('name', keyIn(accountId, name)).length > 0) throw new ApiError('tunnel_name_taken');
}
