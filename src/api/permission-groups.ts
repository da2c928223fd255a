import { createHash } from 'node:crypto';

export type Scope = 'account' | 'zone' | 'user';

/**
 * Every permission that a token can have here, as the API description names them. The identifiers are Cloudflare's where
 * public configurations show them, so that such a configuration works unchanged; the others are made from the name.
 */
const READ_AND_WRITE = [
  {
    name: 'Account Settings',
    scope: 'account',
    category: 'account_and_billing',
    read: 'c1fde68c7bcc44588cbb6ddbc16d6480',
  },
  {
    name: 'Load Balancing: Monitors and Pools',
    scope: 'account',
    category: 'network_services',
    read: '9d24387c6e8544e2bc4024a03991339f',
    write: 'd2a1802cc9a34e30852f8b33869b2f3c',
  },
  { name: 'Load Balancers Account', scope: 'account', category: 'network_services' },
  {
    name: 'Load Balancers',
    scope: 'zone',
    category: 'network_services',
    read: 'e9a975f628014f1d85b723993116f7d5',
    write: '6d7f2f5f5b1d4a0e9081fdc98d432fd1',
  },
  {
    name: 'Cloudflare Tunnel',
    scope: 'account',
    category: 'cloudflare_one_and_zero_trust',
    read: 'efea2ab8357b47888938f101ae5e053f',
    write: 'c07321b023e944ff818fec44d8203567',
  },
  { name: 'Cloudflare One Connectors', scope: 'account', category: 'cloudflare_one_and_zero_trust' },
  {
    name: 'Cloudflare One Connector: cloudflared',
    scope: 'account',
    category: 'cloudflare_one_and_zero_trust',
  },
  { name: 'Cloudflare One Connector: WARP', scope: 'account', category: 'cloudflare_one_and_zero_trust' },
  { name: 'Cloudflare One Networks', scope: 'account', category: 'cloudflare_one_and_zero_trust' },
  { name: 'Zero Trust', scope: 'account', category: 'cloudflare_one_and_zero_trust' },
  { name: 'Magic WAN', scope: 'account', category: 'network_services' },
  { name: 'Magic Transit', scope: 'account', category: 'network_services' },
  {
    name: 'Zone',
    scope: 'zone',
    category: 'dns_and_zones',
    read: 'c8fed203ed3043cba015a93ad1616f1f',
    write: 'e6d2666161e84845a636613608cee8d5',
  },
  {
    name: 'DNS',
    scope: 'zone',
    category: 'dns_and_zones',
    read: '82e64a83756745bbbb1c9c2701bf816b',
    write: '4755a26eedb94da69e1066d98aa820be',
  },
  {
    name: 'Account API Tokens',
    scope: 'account',
    category: 'account_and_billing',
    read: 'eb56a6953c034b9d97dd838155666f06',
    write: '5bc3f8b21c554832afc660159ab75fa4',
  },
  { name: 'User Details', scope: 'user', category: 'account_and_billing' },
  { name: 'API Tokens', scope: 'user', category: 'account_and_billing' },
] as const satisfies readonly {
  readonly name: string;
  readonly scope: Scope;
  readonly category: string;
  readonly read?: string;
  readonly write?: string;
}[];

export type Subject = (typeof READ_AND_WRITE)[number]['name'];
export type GroupName = `${Subject} ${'Read' | 'Write'}`;

export interface PermissionGroup {
  readonly id: string;
  readonly name: GroupName;
  readonly scope: Scope;
  readonly category: string;
}

const madeId = (name: string) => createHash('sha256').update(name).digest('hex').slice(0, 32);

export const PERMISSION_GROUPS: readonly PermissionGroup[] = READ_AND_WRITE.flatMap((subject) =>
  (['Read', 'Write'] as const).map((verb) => {
    const name: GroupName = `${subject.name} ${verb}`;
    const known = verb === 'Read' ? 'read' in subject && subject.read : 'write' in subject && subject.write;
    return { id: known || madeId(name), name, scope: subject.scope, category: subject.category };
  }),
);

export const groupById: ReadonlyMap<string, PermissionGroup> = new Map(
  PERMISSION_GROUPS.map((group) => [group.id, group]),
);
