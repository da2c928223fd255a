import { z } from 'zod';
import { freeJsonComplaint, withoutNulls } from '../../../api/free-json.js';
import { hexId } from '../../../api/identifiers.js';
import { integer, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { CONFIG_SOURCES } from '../tunnel-shape.js';
import { catchAllComplaint, hostnameComplaint, pathComplaint, serviceComplaint } from './ingress.js';
import { pathBudget } from './path-pattern.js';

const seconds = integer(0, 2_147_483_647).nullish();
const flag = z.boolean().nullish();
const words = text(4096).nullish();

const access = z.looseObject({
  required: flag,
  teamName: text(256),
  audTag: z.array(text(256)),
});

/** Known members have their types; others are for connectors that know more, and kept. */
const originRequest = z.looseObject({
  access: access.nullish(),
  bastionMode: flag,
  caPool: words,
  connectTimeout: seconds,
  disableChunkedEncoding: flag,
  http2Origin: flag,
  httpHostHeader: words,
  keepAliveConnections: integer(0, 2_147_483_647).nullish(),
  keepAliveTimeout: seconds,
  matchSNItoHost: flag,
  noHappyEyeballs: flag,
  noTLSVerify: flag,
  originServerName: words,
  proxyType: z.enum(['', 'socks']).nullish(),
  tcpKeepAlive: seconds,
  tlsTimeout: seconds,
});

const ingressRule = z.looseObject({
  hostname: text(255).nullish(),
  path: words,
  service: text(4096),
  originRequest: originRequest.nullish(),
});

const shape = z.looseObject({
  ingress: z.array(ingressRule).min(1, 'must have at least one rule').nullish(),
  originRequest: originRequest.nullish(),
  'warp-routing': z.looseObject({ enabled: flag }).nullish(),
});

/** What a connector tells of its own: it has taken that over already, so that only its shape matters. */
export const told = shape
  .superRefine((value, context) => {
    const message = freeJsonComplaint(value);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .transform(withoutNulls);

const config = shape
  .superRefine(({ ingress, originRequest, ...rest }, context) => {
    const complain = (path: (string | number)[], message: string | null | undefined) => {
      if (message) context.addIssue({ code: 'custom', path, message });
    };
    complain([], freeJsonComplaint({ ingress, originRequest, ...rest }));
    if (!ingress?.length) return;
    const paths = pathBudget();
    for (const [index, rule] of ingress.entries()) {
      complain(['ingress', index, 'hostname'], hostnameComplaint(rule.hostname ?? ''));
      complain(['ingress', index, 'path'], pathComplaint(rule.path ?? '', paths));
      // A bastion is told where to go by each request, so cloudflared does not look at the service.
      const bastion = rule.originRequest?.bastionMode ?? originRequest?.bastionMode;
      if (!bastion) complain(['ingress', index, 'service'], serviceComplaint(rule.service));
    }
    const catchAll = catchAllComplaint(ingress);
    complain(['ingress', catchAll?.index ?? 0], catchAll?.message);
  })
  .transform(withoutNulls);

/** `source` is not in Cloudflare's description of the request, but Terraform's provider sends it. */
export const putBody = z.object({ config: config.nullish(), source: z.enum(CONFIG_SOURCES).nullish() });

export const configuration = z
  .object({
    account_id: hexId,
    tunnel_id: z.uuid(),
    version: z.int(),
    config: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'What was put, without members that were null, or what a connector tells of itself; absent when nothing was.',
      ),
    source: z.enum(CONFIG_SOURCES),
    created_at: timestampSchema,
  })
  .meta({ id: 'TunnelConfiguration' });

export type TunnelConfig = z.output<typeof config>;
export type PutBody = z.output<typeof putBody>;
