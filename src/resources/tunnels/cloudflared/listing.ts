import type { Listed } from '../../../api/envelope.js';
import { listed, MAX_PER_PAGE, pageRequest, sliced } from '../../../api/pagination.js';
import type { ConnectionInfo } from '../../../live/messages.js';
import type { Context } from '../../context.js';
import { deletionFilter } from '../../deletion-filter.js';
import type { ListQuery, Status } from '../tunnel-shape.js';
import type { StoredType } from '../tunnel-types.js';
import * as store from './store.js';
import { readView } from './view.js';

type View<T> = (tunnel: store.Tunnel, connections: readonly ConnectionInfo[]) => T;

/** One page of the account's tunnels of these types, as `view` shows them. */
export async function listTunnels<T extends { readonly status: Status; readonly connections?: unknown }>(
  { db, dataPlane, settings }: Pick<Context, 'db' | 'dataPlane' | 'settings'>,
  accountId: string,
  types: readonly StoredType[],
  { status, ...query }: ListQuery,
  view: View<T>,
): Promise<Listed<T>> {
  const page = pageRequest(query, MAX_PER_PAGE);
  // The database cannot filter by what only the data plane knows, so then the pages are cut here.
  const stored = status === undefined ? page : pageRequest({}, null);
  const { items, total } = await store.list(
    db.read,
    accountId,
    types,
    deletionFilter(query, settings),
    stored,
  );
  const tunnels = items.map((tunnel) => readView(view(tunnel, dataPlane.connections(tunnel.id)), settings));
  if (status === undefined) return listed(tunnels, total, page);
  return sliced(
    tunnels.filter((tunnel) => tunnel.status === status),
    page,
  );
}
