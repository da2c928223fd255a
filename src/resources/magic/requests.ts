import { z } from 'zod';
import type { Message } from '../../api/envelope.js';
import { notice } from '../../api/notices.js';
import { flag } from '../../api/text.js';

/** What the requests about tunnels of both kinds have besides their bodies. */

export const writeQuery = z.object({ validate_only: flag.optional() });

/** Loose: the rest of the headers must stay as they are. */
export const headers = z.looseObject({
  'x-magic-new-hc-target': flag
    .optional()
    .describe('The target of a health check is an object, not a string.'),
});

export const objectFormOf = (sent: object): boolean =>
  (sent as z.output<typeof headers>)['x-magic-new-hc-target'] ?? false;

const MAX_TUNNELS = 1000;

/** The older `{"<list>": [...]}`, the plain list, and the single object that the newest description names. */
export const bulkOf = <T extends z.ZodType>(list: string, change: T) =>
  z.preprocess(
    (body) => {
      const inner = (body as Record<string, unknown> | null)?.[list];
      const items = Array.isArray(inner) ? inner : Array.isArray(body) ? body : [body];
      return items;
    },
    z.array(change).min(1, 'must not be empty').max(MAX_TUNNELS, `must have at most ${MAX_TUNNELS} tunnels`),
  );

/** Said with every write: the data plane has no such off-ramp. */
export const CONFIGURATION_ONLY: readonly Message[] = [
  notice(
    'no_effect_yet',
    'GRE and IPsec tunnels are kept as configuration only: no traffic, health check or BGP session uses them',
  ),
];
