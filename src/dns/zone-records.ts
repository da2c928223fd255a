import type { DnsAnswer } from './reply.js';

/** Load balancers come and go: what does not exist is not remembered for long. */
const ABSENT_SECONDS = 30;

/** The start of authority: `primary` is the first name server, the serial number is the revision of the configuration. */
export function soaRecord(apex: string, primary: string, revision: number): DnsAnswer {
  return {
    type: 'SOA',
    name: apex,
    ttl: ABSENT_SECONDS,
    data: {
      mname: primary,
      rname: `hostmaster.${apex}`,
      serial: revision >>> 0,
      refresh: 10_000,
      retry: 2_400,
      expire: 604_800,
      minimum: ABSENT_SECONDS,
    },
  };
}

export function nsRecords(apex: string, nameServers: readonly string[], ttl: number): DnsAnswer[] {
  return nameServers.map((data) => ({ type: 'NS', name: apex, ttl, data }));
}

/** RFC 8482: a question for everything gets one small record. */
export function anyRecord(name: string, ttl: number): DnsAnswer {
  return { type: 'HINFO', name, ttl, data: { cpu: 'RFC8482', os: '' } };
}
