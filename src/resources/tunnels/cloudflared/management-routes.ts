import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import type { Tunnel } from '../definition.js';
import { getTunnel } from '../rules.js';
import { tunnelParams } from '../tunnel-shape.js';

/** What a management token may open; the oldest clients name it in a body, newer ones in the path. */
const body = z.object({ resources: z.array(z.enum(['logs'])).min(1, 'must name at least one resource') });
const resourceParams = tunnelParams.extend({ resource: z.enum(['logs', 'admin', 'host_details']) });

const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id/management';
/** Seconds. */
const LIFETIME = 3600;

/** Tokens for looking into the connectors of a tunnel, as `cloudflared tail` and `cloudflared management` ask for them. */
export function managementRoutes(app: Http, { world, clock }: Context): void {
  const { post } = operations(app, { family: 'zt', tags: ['Tunnels'] });
  // Lives as long as the process.
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  function token(accountId: string, tunnelId: string, resources: readonly string[], actorId: string) {
    const tunnel = getTunnel(world, accountId, tunnelId, ['cfd_tunnel']);
    const issuedAt = Math.floor(clock.now() / 1000);
    return ok(managementToken(privateKey, tunnel, resources, actorId, issuedAt));
  }

  post(
    PATH,
    'Get a management token',
    { params: tunnelParams, body, answer: z.string() },
    ({ params: { account_id, tunnel_id }, body, credential }) =>
      token(account_id, tunnel_id, body.resources, credential!.id),
  );

  post(
    `${PATH}/:resource`,
    'Get a management token for one resource',
    { params: resourceParams, answer: z.string() },
    ({ params: { account_id, tunnel_id, resource }, credential }) =>
      token(account_id, tunnel_id, [resource], credential!.id),
  );
}

/**
 * A JWT signed by ES256, the only algorithm that cloudflared takes, with the claims `tun` and `actor` that it insists on. `resources`
 * are `logs`, `admin` or `host_details`; `actorId` is who asked, `issuedAt` when: unix seconds.
 */
function managementToken(
  privateKey: KeyObject,
  tunnel: Pick<Tunnel, 'id' | 'accountId'>,
  resources: readonly string[],
  actorId: string,
  issuedAt: number,
): string {
  const claims = {
    tun: { id: tunnel.id, account_tag: tunnel.accountId },
    actor: { id: actorId, support: false },
    res: resources,
    iss: 'offramp',
    iat: issuedAt,
    exp: issuedAt + LIFETIME,
  };
  const content = `${encoded({ alg: 'ES256', typ: 'JWT' })}.${encoded(claims)}`;
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
