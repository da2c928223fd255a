import type { LiveDnsRecord } from '../live/snapshot.js';
import type { NameIndex } from './names.js';
import { addressRecords, familyOfType, type Resolve } from './origin-records.js';
import { recordAnswer } from './record-sets.js';
import { absent, found, orAbsent } from './replies.js';
import type { DnsAnswer, Reply } from './reply.js';
import type { DnsRequest } from './vantage.js';
import { RCODE } from './wire.js';

/** The names that a question has led to so far, its own first. */
export type AliasChain = readonly string[];

/** Aliases of one answer. Resolvers follow about as many. */
const MAX_FOLLOWED = 8;

export interface AliasParts {
  readonly names: Pick<NameIndex, 'zoneOf'>;
  readonly resolve: Resolve;
  /** What is said to the same question about another name of our zones. */
  readonly answer: (request: DnsRequest, chain: AliasChain) => Promise<Reply>;
}

/** The answer of a name that is an alias, to a question that asks for something else; `soa` is that of its zone. */
export type FollowAlias = (
  alias: LiveDnsRecord,
  request: DnsRequest,
  soa: DnsAnswer,
  chain: AliasChain,
) => Promise<Reply>;

/** Follows aliases as far as they lead through our zones. A loop ends where it closes. May reject as `resolve` does. */
export function createFollowAlias({ names, resolve, answer }: AliasParts): FollowAlias {
  const isOurs = (name: string) => names.zoneOf(name) !== undefined;

  /** What is said to the question about the name behind the alias; null where the chain leaves our zones or is too long. */
  async function followed(
    alias: LiveDnsRecord,
    request: DnsRequest,
    chain: AliasChain,
  ): Promise<Reply | null> {
    const target = alias.data[0]!;
    if (!isOurs(target) || chain.includes(target) || chain.length > MAX_FOLLOWED) return null;
    const rest = await answer({ ...request, query: { ...request.query, name: target } }, [...chain, target]);
    return rest.authoritative ? rest : null;
  }

  /** The addresses at the end of the chain, under the name of the alias. */
  async function flattened(...[alias, request, soa, chain]: Parameters<FollowAlias>): Promise<Reply> {
    const family = familyOfType(request.query.type);
    if (family === null) return absent(RCODE.NOERROR, soa);
    const rest = await followed(alias, request, chain);
    const passed = [alias.data[0]!, ...(rest?.answers ?? []).flatMap(targetOf)];
    const end = passed.at(-1)!;
    const answers = rest?.answers ?? [];
    const addresses = answers.flatMap((one) => (one.type === 'A' || one.type === 'AAAA' ? [one.data] : []));
    if (addresses.length === 0 && !isOurs(end))
      addresses.push(...(await resolve(end)).map(({ address }) => address));
    const ttl = Math.min(alias.ttl, ...answers.map((one) => one.ttl ?? alias.ttl));
    const records = addressRecords(request.query.name, family, addresses, ttl);
    return orAbsent(records, soa, rest?.forClient ?? false);
  }

  return async (alias, request, soa, chain) => {
    if (alias.flattened) return await flattened(alias, request, soa, chain);
    const own = recordAnswer(alias, request.query.name);
    const rest = await followed(alias, request, chain);
    return rest ? { ...rest, answers: [own, ...rest.answers] } : found([own]);
  };
}

const targetOf = (answer: DnsAnswer): string[] => (answer.type === 'CNAME' ? [answer.data] : []);
