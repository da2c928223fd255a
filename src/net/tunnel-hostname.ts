const TUNNEL_HOSTNAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.cfargotunnel\.com\.?$/i;

/** Whether a host name is `<uuid>.cfargotunnel.com`, which stands for the published hostnames of a tunnel and is no place in DNS to dial. */
export const isTunnelHostname = (name: string): boolean => TUNNEL_HOSTNAME.test(name);
