import dnsPacket from 'dns-packet';
import { type Ip, maskedBytes, parseIp } from '../net/addresses.js';

/** Numbers of the protocol, as far as they are spoken here (RFC 1035, 3596, 4034, 6891, 8482). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export const RECORD_TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  DS: 43,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

const CLASS = { IN: 1 } as const;

/** A question with options takes a fraction of it; whatever is longer is no question. */
export const MAX_QUERY_BYTES = 4_096;

/** What fits without EDNS, and what passes every path without being cut into fragments. */
export const UDP_BYTES = { plain: 512, most: 1_232 } as const;

/** A query with its sender: a resolver, which may say on whose behalf it asks. */
export interface DnsRequest {
  /** Canonical text. */
  readonly resolverIp: string;
  readonly query: DnsQuery;
}

/** One question, as far as it can be answered. */
export interface DnsQuery {
  readonly id: number;
  readonly recursionDesired: boolean;
  /** The question's bytes: the response repeats them, in the same case. */
  readonly question: Buffer;
  /** Lower case, without the dot at the end; '' is the root. */
  readonly name: string;
  readonly type: number;
  /** Multicast DNS's wish for a unicast answer: the top bit of the class. */
  readonly unicast: boolean;
  readonly edns: Edns | null;
}

interface Edns {
  /** What the sender can take over UDP, in bytes. */
  readonly udpBytes: number;
  readonly clientSubnet: ClientSubnet | null;
}

/** A message that is answered without looking at any zone. */
export interface BadQuery {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly rcode: number;
  readonly withEdns: boolean;
}

const HEADER_BYTES = 12;
const UNICAST_BIT = 0x8000;
/** OPT and a signature; no more than that can come with a question. */
const MAX_ADDITIONALS = 4;

/**
 * Reads one message. Null must not be answered at all: a response, or too short to say from which query it is. Strict
 * wherever a sloppy reading could make two parties see two different questions.
 */
export function readQuery(bytes: Buffer): DnsQuery | BadQuery | null {
  if (bytes.length < HEADER_BYTES) return null;
  const flags = bytes.readUInt16BE(2);
  if (flags & 0x8000) return null;
  const opcode = (flags >> 11) & 0xf;
  const base = { id: bytes.readUInt16BE(0), recursionDesired: (flags & 0x0100) !== 0 };
  const bad = (rcode: number, withEdns = false): BadQuery => ({ ...base, opcode, rcode, withEdns });
  if (opcode !== 0) return bad(RCODE.NOTIMP);
  if (!hasOneQuestion(bytes) || bytes.length > MAX_QUERY_BYTES) return bad(RCODE.FORMERR);
  const packet = decode(bytes);
  if (!packet) return bad(RCODE.FORMERR);
  const edns = readEdns(packet.additionals);
  if (typeof edns === 'number') return bad(edns, edns === RCODE.BADVERS);
  const name = questionName(bytes, packet.questions[0].name);
  if (name === null) return bad(RCODE.REFUSED, edns !== null);
  const end = HEADER_BYTES + name.length;
  const type = bytes.readUInt16BE(end);
  const dnsClass = bytes.readUInt16BE(end + 2);
  if ((dnsClass & ~UNICAST_BIT) !== CLASS.IN) return bad(RCODE.REFUSED, edns !== null);
  return {
    ...base,
    question: bytes.subarray(HEADER_BYTES, end + 4),
    name: packet.questions[0].name.toLowerCase().replace(/^\.$/, ''),
    type,
    unicast: (dnsClass & UNICAST_BIT) !== 0,
    edns,
  };
}

export const isBad = (query: DnsQuery | BadQuery): query is BadQuery => 'rcode' in query;

function hasOneQuestion(bytes: Buffer): boolean {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  return questions === 1 && answers === 0 && authorities === 0 && additionals! <= MAX_ADDITIONALS;
}

interface Decoded {
  readonly questions: readonly [{ readonly name: string }];
  readonly additionals: readonly dnsPacket.Answer[];
}

function decode(bytes: Buffer): Decoded | null {
  try {
    const packet = dnsPacket.decode(bytes);
    // Bytes behind the last record belong to nothing.
    return dnsPacket.decode.bytes === bytes.length ? (packet as unknown as Decoded) : null;
  } catch {
    return null;
  }
}

/** The bytes of the name; null when they spell another name than `text`: dots inside a label, pointers, other encodings. */
function questionName(bytes: Buffer, text: string): Buffer | null {
  if (!/^[\x21-\x7e]+$/.test(text)) return null;
  const encoded = encodeName(text);
  const sent = bytes.subarray(HEADER_BYTES, HEADER_BYTES + encoded.length);
  return encoded.equals(sent) ? encoded : null;
}

function encodeName(text: string): Buffer {
  const labels = text === '.' ? [] : text.split('.');
  const bytes = labels.flatMap((label) => [Buffer.from([label.length & 0xff]), Buffer.from(label, 'latin1')]);
  return Buffer.concat([...bytes, Buffer.from([0])]);
}

/** The EDNS part, null without one, or the code of the error that it deserves. */
function readEdns(additionals: readonly dnsPacket.Answer[]): Edns | null | number {
  const records = additionals.filter((record): record is dnsPacket.OptAnswer => record.type === 'OPT');
  const [record] = records;
  if (!record) return null;
  if (records.length > 1 || record.name !== '.') return RCODE.FORMERR;
  if (record.ednsVersion !== 0) return RCODE.BADVERS;
  const subnets = record.options.filter(({ code }) => Number(code) === CLIENT_SUBNET_OPTION);
  if (subnets.length > 1) return RCODE.FORMERR;
  const data = subnets[0] && (subnets[0] as { data: Buffer }).data;
  const clientSubnet = data ? readClientSubnet(data) : null;
  if (data && !clientSubnet) return RCODE.FORMERR;
  return { udpBytes: record.udpPayloadSize, clientSubnet };
}

/** The EDNS client subnet of a query (RFC 7871): on whose behalf a resolver asks. */
interface ClientSubnet {
  /** As it was sent: 1 is IPv4, 2 is IPv6, 0 when a resolver only says that it wants none to be used. */
  readonly family: number;
  readonly sourcePrefix: number;
  /** The address bytes as they were sent. */
  readonly bytes: Buffer;
  /** The address, padded with zeros; null when none is to be used (a prefix of 0). */
  readonly ip: Ip | null;
}

export const CLIENT_SUBNET_OPTION = 8;

const WIDTH: Readonly<Record<number, number>> = { 0: 0, 1: 32, 2: 128 };

/**
 * Null for what section 7.1.2 wants answered with FORMERR: an unknown family, a scope in a query, a prefix that is too long,
 * another number of bytes than the prefix takes, or bits behind it.
 */
function readClientSubnet(data: Buffer): ClientSubnet | null {
  if (data.length < 4) return null;
  const family = data.readUInt16BE(0);
  const sourcePrefix = data.readUInt8(2);
  const width = WIDTH[family];
  if (width === undefined || sourcePrefix > width || data.readUInt8(3) !== 0) return null;
  const bytes = data.subarray(4);
  if (bytes.length !== Math.ceil(sourcePrefix / 8)) return null;
  if (sourcePrefix === 0) return { family, sourcePrefix, bytes, ip: null };
  const ip = addressOf(family, bytes);
  if (ip === null) return null;
  const masked = maskedBytes({ ...ip, bytes: paddedBytes(family, bytes) }, sourcePrefix);
  if (bytes.some((byte, index) => byte !== masked[index])) return null;
  return { family, sourcePrefix, bytes, ip };
}

/** What a response says of the option: for how much of the address its answer is good. */
export function clientSubnetData({ family, sourcePrefix, bytes }: ClientSubnet, scope: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(family, 0);
  head.writeUInt8(sourcePrefix, 2);
  head.writeUInt8(scope, 3);
  return Buffer.concat([head, bytes]);
}

function addressOf(family: number, bytes: Buffer): Ip | null {
  const padded = paddedBytes(family, bytes);
  if (family === 1) return parseIp(padded.join('.'));
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push(((padded[i]! << 8) | padded[i + 1]!).toString(16));
  return parseIp(groups.join(':'));
}

function paddedBytes(family: number, bytes: Buffer): number[] {
  const padded = new Array<number>(family === 1 ? 4 : 16).fill(0);
  bytes.forEach((byte, index) => {
    padded[index] = byte;
  });
  return padded;
}
