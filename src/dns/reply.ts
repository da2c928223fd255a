import dnsPacket from 'dns-packet';
import {
  type BadQuery,
  CLIENT_SUBNET_OPTION,
  clientSubnetData,
  type DnsQuery,
  RCODE,
  UDP_BYTES,
} from './query.js';

export type DnsAnswer =
  | dnsPacket.StringAnswer
  | dnsPacket.TxtAnswer
  | dnsPacket.SoaAnswer
  | dnsPacket.HInfoAnswer;

/** What is said to a question, still without the form of a message. */
export interface Reply {
  readonly rcode: number;
  /** We speak for the zone of this name. */
  readonly authoritative: boolean;
  readonly answers: readonly DnsAnswer[];
  readonly authorities: readonly DnsAnswer[];
  /** Of the names in `answers`, for a client that would ask for them next; left out where they do not fit. */
  readonly additionals: readonly DnsAnswer[];
  /** Another client subnet could have got another answer. */
  readonly forClient: boolean;
}

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

/** How many bytes the sender of the query takes over UDP. */
export function udpBytes({ edns }: DnsQuery): number {
  return Math.min(Math.max(edns?.udpBytes ?? 0, UDP_BYTES.plain), UDP_BYTES.most);
}

/**
 * The message. Of one that is longer than `maxBytes` the additional records go first, which is no truncation (RFC 2181
 * section 9). When that is not enough it says so and has no records, and the client comes back over TCP.
 */
export function encodeReply(query: DnsQuery, reply: Reply, maxBytes: number): Buffer {
  const whole = message(query, reply, 0);
  if (whole.length <= maxBytes) return whole;
  const required = message(query, { ...reply, additionals: [] }, 0);
  if (required.length <= maxBytes) return required;
  const empty = { ...reply, answers: [], authorities: [], additionals: [] };
  return message(query, empty, dnsPacket.TRUNCATED_RESPONSE);
}

function message(query: DnsQuery, reply: Reply, moreFlags: number): Buffer {
  const flags = flagsOf(query, reply.rcode) | (reply.authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0);
  const bytes = dnsPacket.encode({
    type: 'response',
    id: query.id,
    flags: flags | moreFlags,
    answers: [...reply.answers],
    authorities: [...reply.authorities],
    additionals: [
      ...reply.additionals,
      ...(query.edns ? [optRecord(reply.rcode, optionsOf(query, reply))] : []),
    ],
  });
  // The question goes back as the very bytes that came.
  bytes.writeUInt16BE(1, 4);
  return Buffer.concat([bytes.subarray(0, 12), query.question, bytes.subarray(12)]);
}

/** The answer to a message that holds no question that could be looked at: nothing but its code. */
export function encodeRefusal({ id, opcode, recursionDesired, rcode, withEdns }: BadQuery): Buffer {
  const flags = flagsOf({ recursionDesired }, rcode) | (opcode << 11);
  const additionals = withEdns ? [optRecord(rcode, [])] : [];
  return dnsPacket.encode({ type: 'response', id, flags, additionals });
}

function flagsOf({ recursionDesired }: { readonly recursionDesired: boolean }, rcode: number): number {
  return (recursionDesired ? dnsPacket.RECURSION_DESIRED : 0) | (rcode & 0xf);
}

function optRecord(rcode: number, options: dnsPacket.PacketOpt[]): dnsPacket.OptAnswer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: UDP_BYTES.most,
    extendedRcode: rcode >> 4,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options,
  };
}

function optionsOf({ edns }: DnsQuery, { forClient }: Reply): dnsPacket.PacketOpt[] {
  const subnet = edns?.clientSubnet;
  if (!subnet) return [];
  const data = clientSubnetData(subnet, forClient ? subnet.sourcePrefix : 0);
  return [{ code: CLIENT_SUBNET_OPTION, data, ip: undefined }];
}
