import { ApiError } from '../../../api/errors.js';
import { changedRow, keyIn, newRow } from '../../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { getTunnel } from '../../tunnels/rules.js';
import type { HostnameRoute, NamedHostnameRoute } from './definition.js';
import { type CreateBody, fields, type PatchBody } from './fields.js';

export function getHostnameRoute(world: WorkingWorld, accountId: string, id: string): NamedHostnameRoute {
  const route = world.hostnameRoutes.get(id);
  if (route?.accountId !== accountId) throw new ApiError('hostname_route_missing');
  return { ...route, tunnel: world.tunnels.get(route.tunnelId)! };
}

export function createHostnameRoute(
  draft: WorkingDraft,
  accountId: string,
  body: CreateBody,
): NamedHostnameRoute {
  getTunnel(draft, accountId, body.tunnel_id);
  requireFree(draft, accountId, body.hostname);
  return put(draft, newRow(draft, fields, accountId, body));
}

/** Changes what the body names; an empty body changes nothing. */
export function changeHostnameRoute(
  draft: WorkingDraft,
  accountId: string,
  id: string,
  body: PatchBody,
): NamedHostnameRoute {
  const { tunnel, ...before } = getHostnameRoute(draft, accountId, id);
  const after = changedRow<HostnameRoute>(fields, before, body);
  getTunnel(draft, accountId, after.tunnelId);
  if (after.hostname !== before.hostname) requireFree(draft, accountId, after.hostname);
  return after === before ? { ...before, tunnel } : put(draft, after);
}

export function removeHostnameRoute(draft: WorkingDraft, accountId: string, id: string): NamedHostnameRoute {
  const { tunnel: _tunnel, ...route } = getHostnameRoute(draft, accountId, id);
  return put(draft, { ...route, deletedAt: draft.now });
}

function put(draft: WorkingDraft, route: HostnameRoute): NamedHostnameRoute {
  draft.hostnameRoutes.put(route);
  return { ...route, tunnel: draft.tunnels.get(route.tunnelId)! };
}

function requireFree({ hostnameRoutes }: WorkingDraft, accountId: string, hostname: string): void {
  if (hostnameRoutes.by('hostname', keyIn(accountId, hostname)).length > 0)
    throw new ApiError('hostname_route_exists', hostname);
}
