import type { Logger } from 'pino';
import type { LiveLoadBalancer } from '../live/snapshot.js';
import { type HostIndex, isPublished } from '../proxy/match.js';
import type { Plan } from '../steering/plan.js';
import type { Choice } from './choose-origin.js';
import type { NameIndex } from './names.js';
import { addressRecords, familyOf, originRecords, type Resolve } from './origin-records.js';
import type { Query } from './query.js';
import type { DnsRecord, Reply } from './reply.js';
import type { Asker } from './vantage.js';
import { RCODE, TYPE } from './wire.js';
import { anyRecord, soaRecord } from './zone-records.js';

export interface AnswerParts {
  readonly names: NameIndex;
  readonly hosts: HostIndex;
  readonly choose: (loadBalancer: LiveLoadBalancer, asker: Asker) => Choice;
  readonly resolve: Resolve;
  /** Where the proxy is reached. */
  readonly proxyAddresses: readonly string[];
  /** Of the configuration. */
  readonly revision: () => number;
  readonly log: Logger;
}

/** Seconds that the address of what is proxied is good for: it is that of the proxy and does not change. */
const PROXIED_TTL = 300;

/** Makes the function that answers one question. It never rejects. */
export function createAnswers(parts: AnswerParts): (asker: Asker) => Promise<Reply> {
  const { names, hosts, log } = parts;

  return async (asker) => {
    const { query } = asker;
    const apex = names.zoneOf(query.name);
    if (apex === undefined || query.type === TYPE.AXFR || query.type === TYPE.IXFR) return REFUSED;
    const soa = soaRecord(apex, parts.revision());
    if (query.name === apex && query.type === TYPE.SOA) return found([soa]);
    const existing = names.closestExisting(query.name);
    const host = hosts.match(query.name);
    // Of a name that does not exist it is the wildcard right below the closest one that does.
    const owner = existing === query.name ? query.name : `*.${existing}`;
    if (!host || host.name !== owner || host.zoneName !== apex) {
      return absent(existing === query.name ? RCODE.NOERROR : RCODE.NXDOMAIN, soa);
    }
    if (isPublished(host) || host.proxied)
      return orAbsent(proxiedRecords(query, parts.proxyAddresses), soa, false);
    try {
      return await ofOrigin(host, asker, soa);
    } catch (error) {
      log.debug({ err: error, name: query.name }, 'a question of DNS could not be answered');
      return { ...REFUSED, rcode: RCODE.SERVFAIL };
    }
  };

  async function ofOrigin(loadBalancer: LiveLoadBalancer, asker: Asker, soa: DnsRecord): Promise<Reply> {
    const { query } = asker;
    const { decision, another } = parts.choose(loadBalancer, asker);
    // A fixed answer is one of HTTP; in DNS it says that there is nothing.
    if (decision.kind === 'fixed_response') return { ...found([]), forClient: true };
    if (decision.kind === 'no_pool') return { ...absent(RCODE.NOERROR, soa), forClient: true };
    if (query.type === TYPE.ANY) return found([anyRecord(query.name, decision.settings.ttl)]);
    const recordsOf = ({ origin, settings }: Plan) =>
      originRecords(origin, query, loadBalancer.zoneName, settings, parts.resolve);
    const records = await recordsOf(decision).catch((error: Error) => {
      log.debug({ err: error, origin: decision.origin.address }, 'the host name of an origin leads nowhere');
      const other = another(decision);
      if (other === null) throw error;
      return recordsOf(other);
    });
    return orAbsent(records, soa, true);
  }
}

const NOTHING = { authoritative: true, answers: [], authorities: [], forClient: false };
const REFUSED: Reply = { ...NOTHING, rcode: RCODE.REFUSED, authoritative: false };

const found = (answers: readonly DnsRecord[]): Reply => ({ ...NOTHING, rcode: RCODE.NOERROR, answers });

const absent = (rcode: number, soa: DnsRecord): Reply => ({ ...NOTHING, rcode, authorities: [soa] });

const orAbsent = (records: readonly DnsRecord[], soa: DnsRecord, forClient: boolean): Reply => ({
  ...(records.length > 0 ? found(records) : absent(RCODE.NOERROR, soa)),
  forClient,
});

function proxiedRecords(query: Query, addresses: readonly string[]): DnsRecord[] {
  if (query.type === TYPE.ANY) return [anyRecord(query.name, PROXIED_TTL)];
  return addressRecords(query.name, familyOf(query.type), addresses, PROXIED_TTL);
}
