import { z } from 'zod';
import { ok } from '../../api/envelope.js';
import { ApiError } from '../../api/errors.js';
import type { Http } from '../../api/http.js';
import { pageRequest, sliced } from '../../api/pagination.js';
import type { ConnectionInfo } from '../../bridge/messages.js';
import { accountParams, operations } from '../_kit/operations.js';
import type { Context } from '../context.js';
import { listTunnels, readView, type ShownRow, type ShownTunnel } from './answers.js';
import { changeTunnel, getTunnel, removeTunnel } from './rules.js';
import { findSecret, findTunnel, withTimes } from './store.js';
import { connectorToken } from './tunnel-secret.js';
import { connectorParams, listQuery, patchBody, type StoredType, tunnelParams } from './tunnel-shape.js';

/** What a type of tunnel has of its own in the operations that all types have. */
export interface TunnelKind<Wire extends ShownTunnel, Connector extends { readonly id: string }> {
  /** Also the path of its tunnels, below their account. */
  readonly type: StoredType;
  readonly tags: readonly string[];
  /** What summaries call one and several: `a tunnel`, `tunnels`. */
  readonly one: string;
  readonly many: string;
  readonly answer: z.ZodType<Wire>;
  readonly view: (tunnel: ShownRow, connections: readonly ConnectionInfo[]) => Wire;
  readonly deleteQuery: z.ZodType<{ readonly cascade?: boolean | undefined }>;
  readonly connector: z.ZodType<Connector>;
  readonly connectors: (connections: readonly ConnectionInfo[]) => Connector[];
  readonly summaries: { readonly token: string; readonly connections: string; readonly connector: string };
}

/** The tunnels of a type, what a connector of one is started with, and the connectors that run. */
export function tunnelOperations<Wire extends ShownTunnel, Connector extends { readonly id: string }>(
  app: Http,
  context: Context,
  kind: TunnelKind<Wire, Connector>,
): void {
  const { db, world, dataPlane, settings, write } = context;
  const { type, answer, view, connector, summaries } = kind;
  const { list, get, patch, remove } = operations(app, { family: 'zt', tags: kind.tags });
  const all = `/accounts/:account_id/${type}`;
  const one = `${all}/:tunnel_id`;

  list(
    all,
    `List ${kind.many}`,
    { params: accountParams, query: listQuery, answer },
    ({ params: { account_id }, query }) => listTunnels(context, account_id, [type], query, view),
  );

  get(
    one,
    `Get ${kind.one}`,
    { params: tunnelParams, answer },
    async ({ params: { account_id, tunnel_id } }) => {
      const tunnel = await findTunnel(db.read, account_id, type, tunnel_id);
      return ok(readView(view(tunnel, dataPlane.connections(tunnel_id)), settings));
    },
  );

  patch(
    one,
    `Change ${kind.one}`,
    { params: tunnelParams, body: patchBody, answer },
    async ({ params: { account_id, tunnel_id }, body }) => {
      const changed = await write((draft) => changeTunnel(draft, account_id, type, tunnel_id, body));
      return ok(view(await withTimes(db.read, changed), dataPlane.connections(tunnel_id)));
    },
  );

  remove(
    one,
    `Delete ${kind.one} and its routes`,
    { params: tunnelParams, query: kind.deleteQuery, answer },
    async ({ params: { account_id, tunnel_id }, query: { cascade = false } }) => {
      const deleted = await write((draft) => {
        const connections = dataPlane.connections(tunnel_id).length;
        return removeTunnel(draft, account_id, type, tunnel_id, { connections, cascade });
      });
      const shown = view(await withTimes(db.read, deleted), []);
      // After the commit, so that what is dropped cannot register again.
      if (cascade) await dropConnections(dataPlane, tunnel_id, null);
      return ok(shown);
    },
  );

  get(
    `${one}/token`,
    summaries.token,
    { params: tunnelParams, answer: z.string() },
    async ({ params: { account_id, tunnel_id } }) => {
      const tunnel = getTunnel(world, account_id, tunnel_id, [type]);
      return ok(connectorToken(tunnel, await findSecret(db.read, tunnel_id)));
    },
  );

  async function connectorsOf(accountId: string, id: string): Promise<Connector[]> {
    await findTunnel(db.read, accountId, type, id);
    return kind.connectors(dataPlane.connections(id));
  }

  list(
    `${one}/connections`,
    summaries.connections,
    { params: tunnelParams, answer: connector },
    async ({ params: { account_id, tunnel_id } }) =>
      sliced(await connectorsOf(account_id, tunnel_id), pageRequest({}, null)),
  );

  get(
    `${one}/connectors/:connector_id`,
    summaries.connector,
    { params: connectorParams, answer: connector },
    async ({ params: { account_id, tunnel_id, connector_id } }) => {
      const connectors = await connectorsOf(account_id, tunnel_id);
      const found = connectors.find(({ id }) => id === connector_id);
      if (!found) throw new ApiError('connector_missing');
      return ok(found);
    },
  );
}

/** Ends the live connections of a tunnel, or those of one connector. A cloudflared that still may, comes back. */
export async function dropConnections(
  dataPlane: Context['dataPlane'],
  tunnelId: string,
  clientId: string | null,
): Promise<void> {
  const live = dataPlane.connections(tunnelId);
  if (!live.some((connection) => clientId === null || connection.clientId === clientId)) return;
  try {
    await dataPlane.ask('drop_connections', { tunnelId, clientId });
  } catch (error) {
    throw new ApiError('overloaded', `the connections could not be ended: ${(error as Error).message}`);
  }
}
