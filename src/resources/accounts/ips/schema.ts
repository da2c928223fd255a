import { z } from 'zod';

/** Cloudflare describes a string, of which `jdcloud` alone has a meaning. */
export const query = z.object({ networks: z.string().optional() });

export const ranges = z
  .object({
    etag: z.string(),
    ipv4_cidrs: z.array(z.string()),
    ipv6_cidrs: z.array(z.string()),
    jdcloud_cidrs: z.array(z.string()).optional(),
  })
  .meta({ id: 'IpRanges' });
