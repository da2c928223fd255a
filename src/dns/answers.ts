import type { Logger } from 'pino';
import { type Host, type HostIndex, isPublished } from '../proxy/hosts.js';
import type { LiveDnsRecord, LiveLoadBalancer } from '../state/snapshot.js';
import type { Plan } from '../steering/contract.js';
import { type NameIndex, type RecordSet, type RecordSets, recordAnswer } from './names.js';
import { addressRecords, type Choice, familyOfType, originRecords, type Resolve } from './origins.js';
import { type DnsQuery, type DnsRequest, RCODE, RECORD_TYPE } from './query.js';
import {
  absent,
  anyRecord,
  type DnsAnswer,
  found,
  nsRecords,
  orAbsent,
  REFUSED,
  type Reply,
  SERVER_FAILED,
  soaRecord,
} from './reply.js';

interface AnswerParts {
  readonly names: NameIndex;
  readonly hosts: HostIndex;
  readonly records: RecordSets;
  readonly choose: (loadBalancer: LiveLoadBalancer, request: DnsRequest) => Choice;
  readonly resolve: Resolve;
  /** Where the proxy is reached. */
  readonly proxyAddresses: readonly string[];
  /** Where the name servers of the zones are reached. */
  readonly nameServerAddresses: readonly string[];
  /** Of the configuration. */
  readonly revision: () => number;
  readonly log: Logger;
}

/** Seconds that our own addresses, and the names of our name servers, are good for: they change with a restart at most. */
const OWN_TTL = 300;

/** Names that the log tells of, each once. */
const MAX_SHADOWED = 100;

/** Makes the function that answers one question. It never rejects. */
export function createAnswers(parts: AnswerParts): (request: DnsRequest) => Promise<Reply> {
  const { names, hosts, records, log } = parts;
  const { nameServers } = names;
  const shadowed = new Set<string>();
  const followAlias = createFollowAlias({ names, resolve: parts.resolve, answer });

  return async (request) => {
    try {
      return await answer(request, [request.query.name]);
    } catch (error) {
      log.debug({ err: error, name: request.query.name }, 'a question of DNS could not be answered');
      return SERVER_FAILED;
    }
  };

  async function answer(request: DnsRequest, chain: AliasChain): Promise<Reply> {
    const { query } = request;
    const apex = zoneOf(query);
    if (apex === undefined || query.type === RECORD_TYPE.AXFR || query.type === RECORD_TYPE.IXFR)
      return REFUSED;
    const soa = soaRecord(apex, nameServers.of(apex)[0]!, parts.revision());
    if (query.name === apex) {
      if (query.type === RECORD_TYPE.SOA) return found([soa]);
      if (query.type === RECORD_TYPE.NS) return nameServersOf(apex);
      if (query.type === RECORD_TYPE.ANY) return found([anyRecord(apex, OWN_TTL)]);
    }
    const host = hosts.match(query.name);
    // With another address, or an alias (RFC 2181 section 10.3), resolvers would no longer find the zone.
    if (nameServers.has(query.name)) {
      if (host?.name === query.name || records.at(apex, query.name)) warnShadowed(query.name);
      return orAbsent(ownRecords(query, parts.nameServerAddresses), soa, false);
    }
    const existing = names.closestExisting(query.name);
    // Of a name that does not exist it is the wildcard right below the closest one that does.
    const owner = existing === query.name ? query.name : `*.${existing}`;
    const set = records.at(apex, owner);
    const isText = query.type === RECORD_TYPE.TXT && set !== undefined && set.of(query.type).length > 0;
    // Whatever leads somewhere gives way to a load balancer; text stands beside it.
    if (host && host.name === owner && host.zoneName === apex && !isText)
      return await ofHost(host, request, soa);
    if (set) return await ofRecords(set, request, soa, chain);
    return absent(existing === query.name ? RCODE.NOERROR : RCODE.NXDOMAIN, soa);
  }

  async function ofHost(host: Host, request: DnsRequest, soa: DnsAnswer): Promise<Reply> {
    if (isPublished(host) || host.proxied)
      return orAbsent(ownRecords(request.query, parts.proxyAddresses), soa, false);
    return await ofOrigin(host, request, soa);
  }

  async function ofRecords(
    set: RecordSet,
    request: DnsRequest,
    soa: DnsAnswer,
    chain: AliasChain,
  ): Promise<Reply> {
    const { name, type } = request.query;
    if (type === RECORD_TYPE.ANY) return found([anyRecord(name, OWN_TTL)]);
    const { alias } = set;
    const asked = type === RECORD_TYPE.CNAME && alias?.flattened ? [] : set.of(type);
    if (asked.length > 0) return found(asked.map((record) => recordAnswer(record, name)));
    return alias ? await followAlias(alias, request, soa, chain) : absent(RCODE.NOERROR, soa);
  }

  /** DS records of an apex stand in the zone above it (RFC 4035 section 3.1.4.1), if that is ours as well. */
  function zoneOf({ name, type }: DnsQuery): string | undefined {
    const zone = names.zoneOf(name);
    if (type !== RECORD_TYPE.DS || zone !== name) return zone;
    return names.zoneOf(name.slice(name.indexOf('.') + 1)) ?? zone;
  }

  function warnShadowed(name: string): void {
    if (shadowed.has(name) || shadowed.size >= MAX_SHADOWED) return;
    shadowed.add(name);
    log.warn(
      { record: name },
      'DNS: this name of a load balancer, tunnel or record is answered with the addresses of the name server; --dns-name takes another one',
    );
  }

  function nameServersOf(apex: string): Reply {
    const targets = nameServers.of(apex);
    const additionals = targets
      .filter(nameServers.has)
      .flatMap((name) =>
        ([4, 6] as const).flatMap((family) =>
          addressRecords(name, family, parts.nameServerAddresses, OWN_TTL),
        ),
      );
    return { ...found(nsRecords(apex, targets, OWN_TTL)), additionals };
  }

  async function ofOrigin(
    loadBalancer: LiveLoadBalancer,
    request: DnsRequest,
    soa: DnsAnswer,
  ): Promise<Reply> {
    const { query } = request;
    const { decision, failover } = parts.choose(loadBalancer, request);
    // A fixed answer is one of HTTP; in DNS it says that there is nothing.
    if (decision.kind === 'fixed_response') return { ...found([]), forClient: true };
    if (decision.kind === 'no_pool') return { ...absent(RCODE.NOERROR, soa), forClient: true };
    if (query.type === RECORD_TYPE.ANY) return found([anyRecord(query.name, decision.settings.ttl)]);
    const recordsOf = ({ origin, settings }: Plan) =>
      originRecords(origin, query, loadBalancer.zoneName, settings, parts.resolve);
    const records = await recordsOf(decision).catch((error: Error) => {
      log.debug({ err: error, origin: decision.origin.address }, 'the host name of an origin leads nowhere');
      if (!failover?.reselect()) throw error;
      return recordsOf(failover.plan);
    });
    return orAbsent(records, soa, true);
  }
}

function ownRecords(query: DnsQuery, addresses: readonly string[]): DnsAnswer[] {
  if (query.type === RECORD_TYPE.ANY) return [anyRecord(query.name, OWN_TTL)];
  return addressRecords(query.name, familyOfType(query.type), addresses, OWN_TTL);
}

/** The names that a question has led to so far, its own first. */
type AliasChain = readonly string[];

/** Aliases of one answer. Resolvers follow about as many. */
const MAX_FOLLOWED = 8;

interface AliasParts {
  readonly names: Pick<NameIndex, 'zoneOf'>;
  readonly resolve: Resolve;
  /** What is said to the same question about another name of our zones. */
  readonly answer: (request: DnsRequest, chain: AliasChain) => Promise<Reply>;
}

/** The answer of a name that is an alias, to a question that asks for something else; `soa` is that of its zone. */
type FollowAlias = (
  alias: LiveDnsRecord,
  request: DnsRequest,
  soa: DnsAnswer,
  chain: AliasChain,
) => Promise<Reply>;

/** Follows aliases as far as they lead through our zones. A loop ends where it closes. May reject as `resolve` does. */
function createFollowAlias({ names, resolve, answer }: AliasParts): FollowAlias {
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
