import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import type { Context } from '../../context.js';
import { deletionFilter } from '../../deletion-filter.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import * as store from './store.js';

const PATH = '/accounts/:account_id/teamnet/virtual_networks';
const config = { family: 'zt' } as const;
const tags = ['Virtual networks'];
const response = { 200: successOf(schema.virtualNetwork), ...failures };

export function virtualNetworkRoutes(app: Http, { db, settings }: Context): void {
  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List virtual networks',
        params: schema.accountParams,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.virtualNetwork), ...failures },
      },
    },
    async ({ params, query }) => {
      const networks = await store.list(db.read, params.account_id, deletionFilter(query, settings));
      return sliced(networks.map(toWire), pageRequest(query, null));
    },
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a virtual network',
        params: schema.accountParams,
        body: schema.createBody,
        response,
      },
    },
    async ({ params, body }) =>
      ok(toWire(await db.transact((tx) => rules.create(tx, params.account_id, body)))),
  );

  app.get(
    `${PATH}/:virtual_network_id`,
    {
      config,
      schema: { tags, summary: 'Get a virtual network', params: schema.virtualNetworkParams, response },
    },
    async ({ params }) =>
      ok(toWire(await rules.liveNetwork(db.read, params.account_id, params.virtual_network_id))),
  );

  app.patch(
    `${PATH}/:virtual_network_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Change a virtual network',
        params: schema.virtualNetworkParams,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params, body }) => {
      const { account_id, virtual_network_id } = params;
      return ok(toWire(await db.transact((tx) => rules.change(tx, account_id, virtual_network_id, body))));
    },
  );

  app.delete(
    `${PATH}/:virtual_network_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a virtual network',
        params: schema.virtualNetworkParams,
        querystring: schema.deleteQuery,
        response,
      },
    },
    async ({ params, query }) => {
      const { account_id, virtual_network_id } = params;
      const force = query.force ?? false;
      return ok(toWire(await db.transact((tx) => rules.remove(tx, account_id, virtual_network_id, force))));
    },
  );
}

function toWire(network: store.VirtualNetwork): schema.WireVirtualNetwork {
  return {
    id: network.id,
    name: network.name,
    comment: network.comment,
    is_default_network: network.isDefault,
    created_at: timestamp(network.createdAt),
    deleted_at: timestampOrNull(network.deletedAt),
  };
}
