import type { DnsRecord } from './reply.js';

/** Load balancers come and go: what does not exist is not remembered for long. */
const ABSENT_SECONDS = 30;

/** The start of authority; its serial number is the revision of the configuration. */
export function soaRecord(apex: string, revision: number): DnsRecord {
  return {
    type: 'SOA',
    name: apex,
    ttl: ABSENT_SECONDS,
    data: {
      mname: `ns.${apex}`,
      rname: `hostmaster.${apex}`,
      serial: revision >>> 0,
      refresh: 10_000,
      retry: 2_400,
      expire: 604_800,
      minimum: ABSENT_SECONDS,
    },
  };
}

/** RFC 8482: a question for everything gets one small record. */
export function anyRecord(name: string, ttl: number): DnsRecord {
  return { type: 'HINFO', name, ttl, data: { cpu: 'RFC8482', os: '' } };
}
