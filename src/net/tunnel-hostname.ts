const TUNNEL_HOSTNAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.cfargotunnel\.com\.?$/i;

/**
 * The id (lower case) in a host name `<uuid>.cfargotunnel.com`, which stands for the ingress rules of that tunnel and is
 * no place in DNS to dial; null for every other name.
 */
export function tunnelOf(hostname: string): string | null {
  const match = TUNNEL_HOSTNAME.exec(hostname);
  return match && match[1]!.toLowerCase();
}

/** The tunnel whose ingress rules an origin is behind; null when it has an address of its own. */
export function tunnelBefore(origin: {
  readonly address: string;
  readonly ip: string | null;
  readonly virtualNetworkId: string | null;
}): string | null {
  return origin.virtualNetworkId === null && origin.ip === null ? tunnelOf(origin.address) : null;
}

/** What stands for the ingress rules of a tunnel. */
export const tunnelHostname = (tunnelId: string): string => `${tunnelId}.cfargotunnel.com`;
