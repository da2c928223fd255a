import type { DEFINITIONS } from '../../resources/definitions.js';
import type { AnySeedNoun } from '../noun.js';
import { seededDnsRecords } from './dns-records.js';
import {
  seededLoadBalancersOfAccounts,
  seededLoadBalancersOfZones,
  seededMonitorGroups,
  seededMonitors,
  seededPools,
} from './load-balancing.js';
import { seededGreTunnels, seededIpsecTunnels } from './magic.js';
import { seededHostnameRoutes, seededRoutes, seededVirtualNetworks } from './networks.js';
import { seededSubnets } from './subnets.js';
import { seededTunnels, seededWarpConnectors } from './tunnels.js';

/** Of whom a seed lists them, and where they come in the order in which they are made: what they name comes before. */
interface Listed {
  readonly of: 'account' | 'zone';
  readonly noun: AnySeedNoun;
}
const ofAccounts = (...nouns: readonly AnySeedNoun[]): Listed[] =>
  nouns.map((noun) => ({ of: 'account', noun }));
const ofZones = (noun: AnySeedNoun): Listed => ({ of: 'zone', noun });

/** What a seed has of each table of memory; a text says why it has nothing. A table that has no line here does not compile. */
const SEEDED: { readonly [N in keyof typeof DEFINITIONS]: readonly Listed[] | string } = {
  accounts: 'a seed has a member of its own for them',
  zones: 'they are members of accounts',
  connectivitySettings: 'a member of an account',
  virtualNetworks: ofAccounts(seededVirtualNetworks),
  tunnels: ofAccounts(seededTunnels, seededWarpConnectors),
  tunnelSecrets: 'with their tunnels, where they are given',
  // Before the routes, which must not be in one of them.
  subnets: ofAccounts(seededSubnets),
  routes: ofAccounts(seededRoutes),
  hostnameRoutes: ofAccounts(seededHostnameRoutes),
  monitors: ofAccounts(seededMonitors),
  monitorGroups: ofAccounts(seededMonitorGroups),
  pools: ofAccounts(seededPools),
  loadBalancers: [...ofAccounts(seededLoadBalancersOfAccounts), ofZones(seededLoadBalancersOfZones)],
  dnsRecords: [ofZones(seededDnsRecords)],
  magicTunnels: ofAccounts(seededGreTunnels, seededIpsecTunnels),
  apiTokens: 'nobody knows their values but who has them',
  users: 'what a person has told of themself',
};

const listed = (owner: Listed['of']): readonly AnySeedNoun[] =>
  Object.values<readonly Listed[] | string>(SEEDED)
    .flatMap((entry) => (typeof entry === 'string' ? [] : entry))
    .filter((entry) => entry.of === owner)
    .map(({ noun }) => noun);

/** In the order in which they are made. */
export const NOUNS_OF_ACCOUNTS = listed('account');
export const NOUNS_OF_ZONES = listed('zone');
