import { createHash, timingSafeEqual } from 'node:crypto';
import type { LiveTunnel } from '../live/snapshot.js';
import type { RegisterRequest } from '../tunnel/rpc/registration.js';

export type Authentication =
  | { readonly tunnel: LiveTunnel; readonly cause?: never }
  | { readonly tunnel?: never; readonly cause: string };

/** Whether this connector may serve this tunnel. The causes are the ones that Cloudflare's edge gives. */
export function authenticateConnector(
  tunnels: ReadonlyMap<string, LiveTunnel>,
  request: Pick<RegisterRequest, 'accountTag' | 'tunnelId' | 'tunnelSecret'>,
): Authentication {
  const tunnel = tunnels.get(request.tunnelId);
  if (!tunnel || tunnel.accountId !== request.accountTag) return { cause: 'Unauthorized: Tunnel not found' };
  const expected = Buffer.from(tunnel.secretSha256, 'hex');
  const actual = createHash('sha256').update(request.tunnelSecret).digest();
  const matches = expected.length === actual.length && timingSafeEqual(expected, actual);
  return matches ? { tunnel } : { cause: 'Unauthorized: Invalid tunnel secret' };
}
