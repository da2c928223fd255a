import { z } from 'zod';

/** The first two exist here; the others are names that a filter may mention. */
export const TUNNEL_TYPES = [
  'cfd_tunnel',
  'warp_connector',
  'warp',
  'magic',
  'ip_sec',
  'gre',
  'cni',
] as const;
export type TunnelType = (typeof TUNNEL_TYPES)[number];

/** The types that tunnels are stored under. */
export const STORED_TYPES = ['cfd_tunnel', 'warp_connector'] as const;
export type StoredType = (typeof STORED_TYPES)[number];

export const tunnelType = z.enum(TUNNEL_TYPES);
export const storedType = z.enum(STORED_TYPES);
