import { z } from 'zod';
import { hexId, uuid } from '../../../api/identifiers.js';
import { flag } from '../../../api/text.js';
import { CONFIG_SOURCES, cloudflaredShape, tunnelName, tunnelParams, tunnelSecret } from '../tunnel-shape.js';

export const createBody = z.object({
  name: tunnelName,
  tunnel_secret: tunnelSecret.nullish(),
  config_src: z.enum(CONFIG_SOURCES).nullish(),
});

export const deleteQuery = z.object({ cascade: flag.optional() });
export const dropQuery = z.object({ client_id: uuid.optional() });

/** What a management token may open; the oldest clients name it in a body, newer ones in the path. */
export const managementBody = z.object({
  resources: z.array(z.enum(['logs'])).min(1, 'must name at least one resource'),
});
export const managementParams = tunnelParams.extend({
  resource: z.enum(['logs', 'admin', 'host_details']),
});

/** The only answer, next to `/token`, that carries the secret. */
export const createdTunnel = cloudflaredShape
  .extend({
    token: z.string(),
    credentials_file: z.object({
      AccountTag: hexId,
      TunnelID: z.uuid(),
      TunnelName: z.string(),
      TunnelSecret: z.string(),
    }),
  })
  .meta({ id: 'CreatedTunnel' });
