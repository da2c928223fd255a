import { z } from 'zod';

export const query = z.object({ networks: z.literal('jdcloud').optional() });

export const ranges = z
  .object({
    etag: z.string(),
    ipv4_cidrs: z.array(z.string()),
    ipv6_cidrs: z.array(z.string()),
    jdcloud_cidrs: z.array(z.string()).optional(),
  })
  .meta({ id: 'IpRanges' });
