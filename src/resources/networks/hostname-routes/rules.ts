import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newUuid } from '../../../api/identifiers.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { getTunnel } from '../../tunnels/rules.js';
import type { HostnameRoute, NamedHostnameRoute } from './definition.js';
import type { CreateBody, PatchBody } from './fields.js';

export function getHostnameRoute(world: WorkingWorld, accountId: string, id: string): NamedHostnameRoute {
  const route = world.hostnameRoutes.get(id);
  if (route?.accountId !== accountId) throw new ApiError('hostname_route_missing');
  return { ...route, tunnel: world.tunnels.get(route.tunnelId)! };
}

export function createHostnameRoute(
  draft: WorkingDraft,
  accountId: string,
  { hostname, tunnel_id, comment = null }: CreateBody,
): NamedHostnameRoute {
  const tunnel = getTunnel(draft, accountId, tunnel_id);
  requireFree(draft, accountId, hostname);
  const own = { id: newUuid(), accountId, hostname, tunnelId: tunnel.id, comment };
  return put(draft, { ...own, createdAt: new Date(), deletedAt: null });
}

/** Changes what the body names; an empty body changes nothing. */
export function changeHostnameRoute(
  draft: WorkingDraft,
  accountId: string,
  id: string,
  body: PatchBody,
): NamedHostnameRoute {
  const { tunnel, ...before } = getHostnameRoute(draft, accountId, id);
  const {
    hostname = before.hostname,
    tunnel_id: tunnelId = before.tunnelId,
    comment = before.comment,
  } = body;
  if (tunnelId !== before.tunnelId) getTunnel(draft, accountId, tunnelId);
  if (hostname !== before.hostname) requireFree(draft, accountId, hostname);
  const after = { ...before, hostname, tunnelId, comment };
  return isDeepStrictEqual(after, before) ? { ...before, tunnel } : put(draft, after);
}

export function removeHostnameRoute(draft: WorkingDraft, accountId: string, id: string): NamedHostnameRoute {
  const { tunnel: _tunnel, ...route } = getHostnameRoute(draft, accountId, id);
  return put(draft, { ...route, deletedAt: new Date() });
}

function put(draft: WorkingDraft, route: HostnameRoute): NamedHostnameRoute {
  draft.hostnameRoutes.put(route);
  return { ...route, tunnel: draft.tunnels.get(route.tunnelId)! };
}

function requireFree({ hostnameRoutes }: WorkingDraft, accountId: string, hostname: string): void {
  if (hostnameRoutes.by('hostname', keyIn(accountId, hostname)).length > 0)
    throw new ApiError('hostname_route_exists', hostname);
}
