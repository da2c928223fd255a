import type { LiveDnsRecord } from '../live/snapshot.js';
import type { NameIndex } from './names.js';
import { addressRecords, familyOfType, type Resolve } from './origin-records.js';
import { recordAnswer } from './record-sets.js';
import { absent, found, orAbsent } from './replies.js';
import type { DnsAnswer, Reply } from './reply.js';
import type { Asker } from './vantage.js';
import { RCODE } from './wire.js';

/** The names that a question has led to on its way here, its own first. */
export type Trail = readonly string[];

/** Aliases of one answer. Resolvers follow about as many. */
const MAX_FOLLOWED = 8;

export interface AliasParts {
  readonly names: Pick<NameIndex, 'zoneOf'>;
  readonly resolve: Resolve;
  /** What is said to the same question about another name of our zones. */
  readonly answer: (asker: Asker, trail: Trail) => Promise<Reply>;
}

/** The answer of a name that is an alias, to a question that asks for something else; `soa` is that of its zone. */
export type FollowAlias = (
  alias: LiveDnsRecord,
  asker: Asker,
  soa: DnsAnswer,
  trail: Trail,
) => Promise<Reply>;

/** Follows aliases as far as they lead through our zones. A loop ends where it closes. May reject as `resolve` does. */
export function createFollowAlias({ names, resolve, answer }: AliasParts): FollowAlias {
  const isOurs = (name: string) => names.zoneOf(name) !== undefined;

  /** Null where the way leaves our zones, or is too long. */
  async function beyond(alias: LiveDnsRecord, asker: Asker, trail: Trail): Promise<Reply | null> {
    const target = alias.data[0]!;
    if (!isOurs(target) || trail.includes(target) || trail.length > MAX_FOLLOWED) return null;
    const rest = await answer({ ...asker, query: { ...asker.query, name: target } }, [...trail, target]);
    return rest.authoritative ? rest : null;
  }

  /** The addresses at the end of the way, under the name of the alias. */
  async function flattened(...[alias, asker, soa, trail]: Parameters<FollowAlias>): Promise<Reply> {
    const family = familyOfType(asker.query.type);
    if (family === null) return absent(RCODE.NOERROR, soa);
    const rest = await beyond(alias, asker, trail);
    const passed = [alias.data[0]!, ...(rest?.answers ?? []).flatMap(targetOf)];
    const end = passed.at(-1)!;
    const answers = rest?.answers ?? [];
    const addresses = answers.flatMap((one) => (one.type === 'A' || one.type === 'AAAA' ? [one.data] : []));
    if (addresses.length === 0 && !isOurs(end))
      addresses.push(...(await resolve(end)).map(({ address }) => address));
    const ttl = Math.min(alias.ttl, ...answers.map((one) => one.ttl ?? alias.ttl));
    const records = addressRecords(asker.query.name, family, addresses, ttl);
    return orAbsent(records, soa, rest?.forClient ?? false);
  }

  return async (alias, asker, soa, trail) => {
    if (alias.flattened) return await flattened(alias, asker, soa, trail);
    const own = recordAnswer(alias, asker.query.name);
    const rest = await beyond(alias, asker, trail);
    return rest ? { ...rest, answers: [own, ...rest.answers] } : found([own]);
  };
}

const targetOf = (answer: DnsAnswer): string[] => (answer.type === 'CNAME' ? [answer.data] : []);
