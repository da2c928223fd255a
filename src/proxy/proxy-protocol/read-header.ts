import { type Ip, parseIp } from '../../net/addresses.js';

/** Both ends of the connection that a client made to the proxy in front of us. */
export interface ProxiedAddresses {
  readonly source: Ip;
  readonly sourcePort: number;
  readonly destination: Ip;
  readonly destinationPort: number;
}

export type ProxyHeader =
  /** The bytes so far may become a header. */
  | { readonly kind: 'incomplete' }
  /** The connection begins with something else. */
  | { readonly kind: 'none' }
  /** `addresses` is null when the header names none: UNKNOWN, LOCAL, or a family that is not TCP over IP. */
  | { readonly kind: 'header'; readonly bytes: number; readonly addresses: ProxiedAddresses | null };

/** The bytes begin as a PROXY header and go on as none. */
export class MalformedProxyHeader extends Error {
  override readonly name = 'MalformedProxyHeader';
}

/** Sections 2.1 and 2.2 of the specification (haproxy.org, proxy-protocol.txt). */
const V1_START = Buffer.from('PROXY ');
const V1_MAX_BYTES = 107;
export const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED_BYTES = 16;
/** Of addresses and TLVs. What proxies send is below 1 KiB; the field could say 64 KiB. */
const V2_MAX_LENGTH = 4_096;
const V2_FAMILIES: Readonly<Record<number, { readonly addressBytes: number }>> = {
  17: { addressBytes: 4 },
  33: { addressBytes: 16 },
};

const INCOMPLETE = { kind: 'incomplete' } as const;

/** The PROXY header of version 1 or 2 at the beginning of a connection. Throws MalformedProxyHeader. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, V1_START)) return bytes.length < V1_START.length ? INCOMPLETE : readV1(bytes);
  if (startsLike(bytes, V2_SIGNATURE)) return bytes.length < V2_FIXED_BYTES ? INCOMPLETE : readV2(bytes);
  return { kind: 'none' };
}

/** As far as both go. */
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) {
    if (bytes.length >= V1_MAX_BYTES)
      throw new MalformedProxyHeader(`the header of version 1 has more than ${V1_MAX_BYTES} bytes`);
    return INCOMPLETE;
  }
  const line = bytes.toString('latin1', 0, end);
  const [, family, ...rest] = line.split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', bytes: end + 2, addresses: null };
  const [source, destination] = [parseIp(rest[0] ?? ''), parseIp(rest[1] ?? '')];
  const ports = [rest[2] ?? '', rest[3] ?? ''].map(portOf);
  const wanted = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : null;
  const [sourcePort, destinationPort] = ports;
  if (
    wanted === null ||
    rest.length !== 4 ||
    !source ||
    !destination ||
    !isOfFamily(rest[0]!, wanted) ||
    !isOfFamily(rest[1]!, wanted) ||
    sourcePort === undefined ||
    destinationPort === undefined
  ) {
    throw new MalformedProxyHeader(`the header of version 1 is ${JSON.stringify(line)}`);
  }
  const addresses = { source, sourcePort, destination, destinationPort };
  return { kind: 'header', bytes: end + 2, addresses };
}

/** As it is spelled: `::ffff:192.0.2.1` is an address of TCP6 here. */
const isOfFamily = (text: string, family: 4 | 6) => text.includes(':') === (family === 6);

function portOf(text: string): number | undefined {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function readV2(bytes: Buffer): ProxyHeader {
  const versionAndCommand = bytes[12]!;
  const family = bytes[13]!;
  const length = bytes.readUInt16BE(14);
  const command = versionAndCommand & 0x0f;
  if (versionAndCommand >> 4 !== 2 || command > 1)
    throw new MalformedProxyHeader(`version and command of the header are ${versionAndCommand}`);
  if (length > V2_MAX_LENGTH)
    throw new MalformedProxyHeader(`the header says that ${length} bytes follow, more than ${V2_MAX_LENGTH}`);
  const known = V2_FAMILIES[family];
  if (command === 1 && known && length < 2 * known.addressBytes + 4)
    throw new MalformedProxyHeader(`the header has ${length} bytes, too few for the addresses of its family`);
  const end = V2_FIXED_BYTES + length;
  if (bytes.length < end) return INCOMPLETE;
  // Behind the addresses are TLVs, which say nothing that is needed here.
  const addresses = command === 1 && known ? addressesAt(bytes, known.addressBytes) : null;
  return { kind: 'header', bytes: end, addresses };
}

function addressesAt(bytes: Buffer, size: number): ProxiedAddresses {
  const at = V2_FIXED_BYTES;
  return {
    source: ipOf(bytes.subarray(at, at + size)),
    destination: ipOf(bytes.subarray(at + size, at + 2 * size)),
    sourcePort: bytes.readUInt16BE(at + 2 * size),
    destinationPort: bytes.readUInt16BE(at + 2 * size + 2),
  };
}

function ipOf(bytes: Buffer): Ip {
  if (bytes.length === 4) return parseIp(bytes.join('.'))!;
  return parseIp(bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:'))!;
}
