import type { DnsAnswer, Reply } from './reply.js';
import { RCODE } from './wire.js';

const NOTHING = { authoritative: true, answers: [], authorities: [], additionals: [], forClient: false };

export const REFUSED: Reply = { ...NOTHING, rcode: RCODE.REFUSED, authoritative: false };
export const SERVER_FAILED: Reply = { ...REFUSED, rcode: RCODE.SERVFAIL };

export const found = (answers: readonly DnsAnswer[]): Reply => ({
  ...NOTHING,
  rcode: RCODE.NOERROR,
  answers,
});

/** NXDOMAIN, or NOERROR for a name that has nothing of the type. */
export const absent = (rcode: number, soa: DnsAnswer): Reply => ({ ...NOTHING, rcode, authorities: [soa] });

export const orAbsent = (records: readonly DnsAnswer[], soa: DnsAnswer, forClient: boolean): Reply => ({
  ...(records.length > 0 ? found(records) : absent(RCODE.NOERROR, soa)),
  forClient,
});
