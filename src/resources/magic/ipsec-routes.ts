import { z } from 'zod';
import { failures, ok, successOf } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';
import type { Context } from '../context.js';
import {
  type IpsecFields,
  ipsecBody,
  ipsecChange,
  ipsecMerge,
  ipsecReplacement,
  ipsecToWire,
  ipsecTunnel,
} from './ipsec.js';
import { accountParams, bulkOf, CONFIGURATION_ONLY, headers, objectFormOf, writeQuery } from './requests.js';
import * as rules from './rules.js';

const PATH = '/accounts/:account_id/magic/ipsec_tunnels';
const ONE = `${PATH}/:ipsec_tunnel_id`;
const tags = ['IPsec tunnels'];
const tunnelParams = accountParams.extend({ ipsec_tunnel_id: hexId });
const answer = <S extends z.ZodRawShape>(shape: S) => ({ 200: successOf(z.object(shape)), ...failures });
const messages = [...CONFIGURATION_ONLY];

export function ipsecRoutes(app: Http, { db }: Context): void {
  app.get(
    PATH,
    {
      schema: {
        tags,
        summary: 'List IPsec tunnels',
        params: accountParams,
        headers,
        response: answer({ ipsec_tunnels: z.array(ipsecTunnel) }),
      },
    },
    async ({ params, headers }) => {
      const tunnels = await rules.list<IpsecFields>(db.read, 'ipsec', params.account_id);
      return ok({ ipsec_tunnels: tunnels.map((tunnel) => ipsecToWire(tunnel, objectFormOf(headers))) });
    },
  );

  app.post(
    PATH,
    {
      schema: {
        tags,
        summary: 'Create an IPsec tunnel',
        params: accountParams,
        headers,
        querystring: writeQuery,
        body: ipsecBody,
        response: { 200: successOf(ipsecTunnel), ...failures },
      },
    },
    async ({ params: { account_id }, headers, query, body }) => {
      const form = objectFormOf(headers);
      const write = ipsecReplacement(body, account_id, form);
      const tunnel = await db.transact((tx) =>
        rules.create(tx, 'ipsec', account_id, write, query.validate_only ?? false),
      );
      return ok(ipsecToWire(tunnel, form), messages);
    },
  );

  app.put(
    PATH,
    {
      schema: {
        tags,
        summary: 'Change several IPsec tunnels, all or none; what is left out stays',
        params: accountParams,
        headers,
        querystring: writeQuery,
        body: bulkOf('ipsec_tunnels', ipsecChange),
        response: answer({ modified: z.boolean(), modified_ipsec_tunnels: z.array(ipsecTunnel) }),
      },
    },
    async ({ params, headers, query, body }) => {
      const form = objectFormOf(headers);
      const validateOnly = query.validate_only ?? false;
      const tunnels = await db.transact((tx) =>
        rules.change<IpsecFields, z.output<typeof ipsecChange>>(
          tx,
          'ipsec',
          params.account_id,
          body,
          (one, stored) => ipsecMerge(one, stored, form),
          validateOnly,
        ),
      );
      const modified_ipsec_tunnels = tunnels.map((tunnel) => ipsecToWire(tunnel, form));
      return ok({ modified: !validateOnly, modified_ipsec_tunnels }, messages);
    },
  );

  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: 'Get an IPsec tunnel',
        params: tunnelParams,
        headers,
        response: answer({ ipsec_tunnel: ipsecTunnel }),
      },
    },
    async ({ params, headers }) => {
      const tunnel = await rules.get<IpsecFields>(
        db.read,
        'ipsec',
        params.account_id,
        params.ipsec_tunnel_id,
      );
      return ok({ ipsec_tunnel: ipsecToWire(tunnel, objectFormOf(headers)) });
    },
  );

  app.put(
    ONE,
    {
      schema: {
        tags,
        summary: 'Replace an IPsec tunnel',
        params: tunnelParams,
        headers,
        querystring: writeQuery,
        body: ipsecBody,
        response: answer({ modified: z.boolean(), modified_ipsec_tunnel: ipsecTunnel }),
      },
    },
    async ({ params, headers, query, body }) => {
      const form = objectFormOf(headers);
      const validateOnly = query.validate_only ?? false;
      const [tunnel] = await db.transact((tx) =>
        rules.change<IpsecFields, { id: string }>(
          tx,
          'ipsec',
          params.account_id,
          [{ id: params.ipsec_tunnel_id }],
          () => ipsecReplacement(body, params.account_id, form),
          validateOnly,
        ),
      );
      return ok({ modified: !validateOnly, modified_ipsec_tunnel: ipsecToWire(tunnel!, form) }, messages);
    },
  );

  app.delete(
    ONE,
    {
      schema: {
        tags,
        summary: 'Delete an IPsec tunnel',
        params: tunnelParams,
        headers,
        querystring: writeQuery,
        response: answer({ deleted: z.boolean(), deleted_ipsec_tunnel: ipsecTunnel }),
      },
    },
    async ({ params, headers, query }) => {
      const validateOnly = query.validate_only ?? false;
      const tunnel = await db.transact((tx) =>
        rules.remove<IpsecFields>(tx, 'ipsec', params.account_id, params.ipsec_tunnel_id, validateOnly),
      );
      return ok(
        { deleted: !validateOnly, deleted_ipsec_tunnel: ipsecToWire(tunnel, objectFormOf(headers)) },
        messages,
      );
    },
  );
}
