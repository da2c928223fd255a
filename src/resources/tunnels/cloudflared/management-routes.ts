import { z } from 'zod';
import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { getTunnel } from '../rules.js';
import { tunnelParams } from '../tunnel-shape.js';
import { createManagementTokens } from './management-token.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id/management';
const config = { family: 'zt' } as const;
const tags = ['Tunnels'];
const response = { 200: successOf(z.string()), ...failures };

/** Tokens for looking into the connectors of a tunnel, as `cloudflared tail` and `cloudflared management` ask for them. */
export function managementRoutes(app: Http, { world }: Context): void {
  const issue = createManagementTokens();

  async function token(accountId: string, tunnelId: string, resources: readonly string[], actorId: string) {
    const tunnel = getTunnel(world, accountId, tunnelId, ['cfd_tunnel']);
    return ok(issue({ tunnel, resources, actorId }, new Date()));
  }

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Get a management token',
        params: tunnelParams,
        body: schema.managementBody,
        response,
      },
    },
    ({ params: { account_id, tunnel_id }, body, credential }) =>
      token(account_id, tunnel_id, body.resources, credential!.id),
  );

  app.post(
    `${PATH}/:resource`,
    {
      config,
      schema: {
        tags,
        summary: 'Get a management token for one resource',
        params: schema.managementParams,
        response,
      },
    },
    ({ params: { account_id, tunnel_id, resource }, credential }) =>
      token(account_id, tunnel_id, [resource], credential!.id),
  );
}
