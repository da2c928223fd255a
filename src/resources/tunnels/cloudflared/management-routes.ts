import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { getTunnel } from '../rules.js';
import { tunnelParams } from '../tunnel-shape.js';
import { createManagementTokens } from './management-token.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id/management';

/** Tokens for looking into the connectors of a tunnel, as `cloudflared tail` and `cloudflared management` ask for them. */
export function managementRoutes(app: Http, { world }: Context): void {
  const { post } = operations(app, { family: 'zt', tags: ['Tunnels'] });
  const issue = createManagementTokens();

  function token(accountId: string, tunnelId: string, resources: readonly string[], actorId: string) {
    const tunnel = getTunnel(world, accountId, tunnelId, ['cfd_tunnel']);
    return ok(issue({ tunnel, resources, actorId }, new Date()));
  }

  post(
    PATH,
    'Get a management token',
    { params: tunnelParams, body: schema.managementBody, answer: z.string() },
    ({ params: { account_id, tunnel_id }, body, credential }) =>
      token(account_id, tunnel_id, body.resources, credential!.id),
  );

  post(
    `${PATH}/:resource`,
    'Get a management token for one resource',
    { params: schema.managementParams, answer: z.string() },
    ({ params: { account_id, tunnel_id, resource }, credential }) =>
      token(account_id, tunnel_id, [resource], credential!.id),
  );
}
