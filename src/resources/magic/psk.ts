import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { hexId } from '../../api/identifiers.js';
import { text } from '../../api/text.js';
import { timestamp, timestampSchema } from '../../api/timestamps.js';

export const psk = text(255).min(1, 'must not be empty');

export const pskMetadata = z.object({ last_generated_on: timestampSchema });

export const pskEntries = z.object({
  psks: z
    .array(z.object({ id: hexId, psk }), 'must be a list of {"id", "psk"}')
    .min(1, 'must not be empty')
    .max(1000, 'must have at most 1000 entries')
    .refine((entries) => new Set(entries.map(({ id }) => id)).size === entries.length, {
      error: 'must name each tunnel once',
    }),
});

export const generatedPsk = z
  .object({ ipsec_tunnel_id: hexId, psk: z.string(), psk_metadata: pskMetadata })
  .meta({ id: 'GeneratedPsk' });

export const appliedPsks = z
  .object({
    successfully_applied_psks: z.record(
      z.string(),
      z.object({
        ipsec_tunnel_id: hexId,
        ipsec_id: z.string(),
        psk: z.string(),
        psk_metadata: pskMetadata,
      }),
    ),
    unapplied_psks: z.record(z.string(), z.string()),
  })
  .meta({ id: 'AppliedPsks' });

export const newPsk = (): string => randomBytes(32).toString('base64url');

/** When the key was set. */
export const pskMetadataOf = (at: Date) => ({ last_generated_on: timestamp(at) });
