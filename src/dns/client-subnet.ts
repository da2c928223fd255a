import { maskedBytes } from '../net/cidr.js';
import { type Ip, parseIp } from '../net/ip.js';

/** The EDNS client subnet of a query (RFC 7871): on whose behalf a resolver asks. */
export interface ClientSubnet {
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
export function readClientSubnet(data: Buffer): ClientSubnet | null {
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
