import { hostPort } from '../net/addresses.js';

/** A running Offramp, as its clients need to know it. */
export interface Reached {
  /** `http://127.0.0.1:7840/client/v4`. */
  readonly apiUrl: string;
  readonly edge: { readonly host: string; readonly port: number };
  readonly edgeCa: string;
  readonly accountId: string;
  readonly zoneId: string;
  readonly domain: string;
}

/** What Terraform, the SDKs and cloudflared read. The credential is left out when it is null. */
export function clientVariables(
  { apiUrl, edge, edgeCa, accountId, zoneId, domain }: Reached,
  token: string | null,
): Readonly<Record<string, string>> {
  const host = ['0.0.0.0', '::'].includes(edge.host) ? new URL(apiUrl).hostname : edge.host;
  return {
    CLOUDFLARE_BASE_URL: apiUrl,
    CLOUDFLARE_API_BASE_URL: apiUrl,
    ...(token === null ? {} : { CLOUDFLARE_API_TOKEN: token }),
    CLOUDFLARE_ACCOUNT_ID: accountId,
    CLOUDFLARE_ZONE_ID: zoneId,
    CLOUDFLARE_DOMAIN: domain,
    TUNNEL_API_URL: apiUrl,
    // Four times: cloudflared opens as many connections as it has edge addresses.
    TUNNEL_EDGE: Array(4).fill(hostPort(host, edge.port)).join(','),
    TUNNEL_CACERT: edgeCa,
    TUNNEL_TRANSPORT_PROTOCOL: 'http2',
    // Node adds it to what it trusts. What other tools take would replace all that they trust: docs/security.md.
    ...(apiUrl.startsWith('https:') ? { NODE_EXTRA_CA_CERTS: edgeCa } : {}),
    // Both would ask the Internet.
    TUNNEL_NO_PRECHECKS: 'true',
    NO_AUTOUPDATE: 'true',
  };
}

export const CLOUDFLARE_HOST = 'api.cloudflare.com';

/** Where Offramp answers as `api.cloudflare.com`, with TLS. */
export interface StandIn {
  readonly host: string;
  readonly port: number;
  readonly ca_bundle: string;
}

/** Of clients that always speak TLS: what they trust, and the address of those that take a host. */
export function standInVariables(
  { port, ca_bundle: bundle }: StandIn,
  token: string,
): Readonly<Record<string, string>> {
  return {
    CLOUDFLARE_API_HOSTNAME: port === 443 ? CLOUDFLARE_HOST : `localhost:${port}`,
    CLOUDFLARE_API_BASE_PATH: '/client/v4',
    CF_API_TOKEN: token,
    SSL_CERT_FILE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    CURL_CA_BUNDLE: bundle,
    NODE_EXTRA_CA_CERTS: bundle,
  };
}
