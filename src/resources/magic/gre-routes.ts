import { z } from 'zod';
import { failures, ok, successOf } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';
import type { Context } from '../context.js';
import { type GreFields, greBody, greChange, greMerge, greReplacement, greToWire, greTunnel } from './gre.js';
import { accountParams, bulkOf, CONFIGURATION_ONLY, headers, objectFormOf, writeQuery } from './requests.js';
import * as rules from './rules.js';

const PATH = '/accounts/:account_id/magic/gre_tunnels';
const ONE = `${PATH}/:gre_tunnel_id`;
const tags = ['GRE tunnels'];
const tunnelParams = accountParams.extend({ gre_tunnel_id: hexId });
const answer = <S extends z.ZodRawShape>(shape: S) => ({ 200: successOf(z.object(shape)), ...failures });
const messages = [...CONFIGURATION_ONLY];

export function greRoutes(app: Http, { db }: Context): void {
  app.get(
    PATH,
    {
      schema: {
        tags,
        summary: 'List GRE tunnels',
        params: accountParams,
        headers,
        response: answer({ gre_tunnels: z.array(greTunnel) }),
      },
    },
    async ({ params, headers }) => {
      const tunnels = await rules.list<GreFields>(db.read, 'gre', params.account_id);
      return ok({ gre_tunnels: tunnels.map((tunnel) => greToWire(tunnel, objectFormOf(headers))) });
    },
  );

  app.post(
    PATH,
    {
      schema: {
        tags,
        summary: 'Create a GRE tunnel',
        params: accountParams,
        headers,
        querystring: writeQuery,
        body: greBody,
        response: { 200: successOf(greTunnel), ...failures },
      },
    },
    async ({ params: { account_id }, headers, query, body }) => {
      const form = objectFormOf(headers);
      const write = greReplacement(body, null, form);
      const tunnel = await db.transact((tx) =>
        rules.create(tx, 'gre', account_id, write, query.validate_only ?? false),
      );
      return ok(greToWire(tunnel, form), messages);
    },
  );

  app.put(
    PATH,
    {
      schema: {
        tags,
        summary: 'Change several GRE tunnels, all or none; what is left out stays',
        params: accountParams,
        headers,
        querystring: writeQuery,
        body: bulkOf('gre_tunnels', greChange),
        response: answer({ modified: z.boolean(), modified_gre_tunnels: z.array(greTunnel) }),
      },
    },
    async ({ params, headers, query, body }) => {
      const form = objectFormOf(headers);
      const validateOnly = query.validate_only ?? false;
      const tunnels = await db.transact((tx) =>
        rules.change<GreFields, z.output<typeof greChange>>(
          tx,
          'gre',
          params.account_id,
          body,
          (one, stored) => greMerge(one, stored, form),
          validateOnly,
        ),
      );
      const modified_gre_tunnels = tunnels.map((tunnel) => greToWire(tunnel, form));
      return ok({ modified: !validateOnly, modified_gre_tunnels }, messages);
    },
  );

  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: 'Get a GRE tunnel',
        params: tunnelParams,
        headers,
        response: answer({ gre_tunnel: greTunnel }),
      },
    },
    async ({ params, headers }) => {
      const tunnel = await rules.get<GreFields>(db.read, 'gre', params.account_id, params.gre_tunnel_id);
      return ok({ gre_tunnel: greToWire(tunnel, objectFormOf(headers)) });
    },
  );

  app.put(
    ONE,
    {
      schema: {
        tags,
        summary: 'Replace a GRE tunnel',
        params: tunnelParams,
        headers,
        querystring: writeQuery,
        body: greBody,
        response: answer({ modified: z.boolean(), modified_gre_tunnel: greTunnel }),
      },
    },
    async ({ params, headers, query, body }) => {
      const form = objectFormOf(headers);
      const validateOnly = query.validate_only ?? false;
      const [tunnel] = await db.transact((tx) =>
        rules.change<GreFields, { id: string }>(
          tx,
          'gre',
          params.account_id,
          [{ id: params.gre_tunnel_id }],
          (_one, stored) => greReplacement(body, stored.fields, form),
          validateOnly,
        ),
      );
      return ok({ modified: !validateOnly, modified_gre_tunnel: greToWire(tunnel!, form) }, messages);
    },
  );

  app.delete(
    ONE,
    {
      schema: {
        tags,
        summary: 'Delete a GRE tunnel',
        params: tunnelParams,
        headers,
        querystring: writeQuery,
        response: answer({ deleted: z.boolean(), deleted_gre_tunnel: greTunnel }),
      },
    },
    async ({ params, headers, query }) => {
      const validateOnly = query.validate_only ?? false;
      const tunnel = await db.transact((tx) =>
        rules.remove<GreFields>(tx, 'gre', params.account_id, params.gre_tunnel_id, validateOnly),
      );
      return ok(
        { deleted: !validateOnly, deleted_gre_tunnel: greToWire(tunnel, objectFormOf(headers)) },
        messages,
      );
    },
  );
}
