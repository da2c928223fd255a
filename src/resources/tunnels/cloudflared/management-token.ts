import { generateKeyPairSync, sign } from 'node:crypto';

/** Seconds. */
const LIFETIME = 3600;

export interface ManagementGrant {
  readonly tunnel: { readonly id: string; readonly accountId: string };
  /** `logs`, `admin` or `host_details`. */
  readonly resources: readonly string[];
  /** Who asked. */
  readonly actorId: string;
}

/**
 * Issues management tokens: JWTs signed by ES256, the only algorithm that cloudflared takes, with the claims `tun` and
 * `actor` that it insists on. The key lives as long as the process.
 */
export function createManagementTokens(): (grant: ManagementGrant, now: Date) => string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return ({ tunnel, resources, actorId }, now) => {
    const issuedAt = Math.floor(now.getTime() / 1000);
    const claims = {
      tun: { id: tunnel.id, account_tag: tunnel.accountId },
      actor: { id: actorId, support: false },
      res: resources,
      iss: 'offramp',
      iat: issuedAt,
      exp: issuedAt + LIFETIME,
    };
    const content = `${encoded({ alg: 'ES256', typ: 'JWT' })}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${content}.${signature.toString('base64url')}`;
  };
}

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
