import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { ProxyProtocol } from '../../bridge/data-plane-thread.js';
import type { TrafficFaults } from '../../faults/traffic-faults.js';
import { acceptUnderFaults, faultsOn } from '../../faults/under-faults.js';
import { type Ip, parseIp } from '../../net/addresses.js';
import type { TrustedProxies } from '../downstream/clients.js';
import type { RequestingClient } from '../exchange/contract.js';
import type { Deadlines, LimitReached, Waiting } from '../limits.js';

/** Both ends of the connection that a client made to the proxy in front of us. */
export interface ProxiedAddresses {
  readonly source: Ip;
  readonly sourcePort: number;
  readonly destination: Ip;
  readonly destinationPort: number;
}

type ProxyHeader =
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
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
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
    source: ipFromBytes(bytes.subarray(at, at + size)),
    destination: ipFromBytes(bytes.subarray(at + size, at + 2 * size)),
    sourcePort: bytes.readUInt16BE(at + 2 * size),
    destinationPort: bytes.readUInt16BE(at + 2 * size + 2),
  };
}

function ipFromBytes(bytes: Buffer): Ip {
  if (bytes.length === 4) return parseIp(bytes.join('.'))!;
  return parseIp(bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:'))!;
}

export type ProxyHeaderVersion = 'v1' | 'v2';

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const PROXY_COMMAND = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;

/** The header that tells an origin who its client is. Addresses of two families are both written as IPv6. */
export function proxyHeader(version: ProxyHeaderVersion, addresses: ProxiedAddresses): Buffer {
  const { source, destination } = addresses;
  const family = source.family === 4 && destination.family === 4 ? 4 : 6;
  return version === 'v1' ? v1(addresses, family) : v2(addresses, family);
}

function v1({ source, sourcePort, destination, destinationPort }: ProxiedAddresses, family: 4 | 6): Buffer {
  const text = (ip: Ip) => (ip.family === family ? ip.text : `::ffff:${ip.text}`);
  return Buffer.from(
    `PROXY TCP${family} ${text(source)} ${text(destination)} ${sourcePort} ${destinationPort}\r\n`,
  );
}

function v2({ source, sourcePort, destination, destinationPort }: ProxiedAddresses, family: 4 | 6): Buffer {
  const bytes = (ip: Ip) => (ip.family === family ? ip.bytes : [...MAPPED, ...ip.bytes]);
  const addresses = Buffer.from([...bytes(source), ...bytes(destination)]);
  const rest = Buffer.alloc(4);
  rest.writeUInt16BE(PROXY_COMMAND * 256 + (family === 4 ? TCP4 : TCP6), 0);
  rest.writeUInt16BE(addresses.length + 4, 2);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(destinationPort, 2);
  return Buffer.concat([V2_SIGNATURE, rest, addresses, ports]);
}

/** Takes a connection, and who is at its other end. Null when the connection is gone before it could be asked. */
export type Arrived = (socket: Socket, addresses: ProxiedAddresses | null) => void;

export interface Arrivals {
  take(socket: Socket): void;
  /** Closes the connections whose header is awaited: nothing was promised to anybody yet. */
  cut(): void;
}

interface ArrivalOptions {
  readonly mode: ProxyProtocol;
  /** Who may send a header. */
  readonly trusted: TrustedProxies;
  readonly deadlines: Deadlines;
  /** Milliseconds from the accept to the end of the header. */
  readonly headerTimeout: number;
  /** Connections whose header is awaited at the same time; those beyond are closed. */
  readonly limit: number;
  /** In log lines: `http`, `https`, or `tcp` with a name. */
  readonly listener: string;
  readonly limitReached: LimitReached;
  /** Those on clients strike a connection when it is known who it is from. */
  readonly faults: TrafficFaults | null;
  readonly log: Logger;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads the PROXY header, when there is one, and hands the connection on with what comes behind it unread. One that breaks
 * the rules is closed with a line in the log. With `accept`, a client that says nothing in `headerTimeout` sends none.
 */
export function createArrivals(options: ArrivalOptions, unharmed: Arrived): Arrivals {
  const { faults, mode, trusted, deadlines, headerTimeout, limit, limitReached, listener, log } = options;
  const waiting = new Set<Socket>();
  const arrived: Arrived = (socket, addresses) =>
    unharmed(acceptUnderFaults(faults, socket, addresses?.source.text ?? null), addresses);

  function close(socket: Socket, reason: string): void {
    log.warn({ listener, client: socket.remoteAddress, reason }, 'proxy protocol: connection closed');
    socket.destroy();
  }

  function awaitHeader(socket: Socket): void {
    let bytes: Buffer = NO_BYTES;
    const wait: Waiting = { deadline: deadlines.after(headerTimeout), deadlineReached };
    waiting.add(socket);
    deadlines.watch(wait);
    // `close` follows.
    socket.on('error', () => {});
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('close', stop);
    socket.resume();

    function stop(): void {
      waiting.delete(socket);
      deadlines.forget(wait);
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.off('close', stop);
    }

    function handOn(addresses: ProxiedAddresses | null, rest: Buffer): void {
      stop();
      socket.pause();
      if (rest.length > 0) socket.unshift(rest);
      arrived(socket, addresses ?? ownAddresses(socket));
    }

    function onEnd(): void {
      if (mode === 'require' || bytes.length > 0) close(socket, 'it ended before its header');
      else socket.destroy();
    }

    function deadlineReached(): void {
      if (mode === 'accept' && bytes.length === 0) handOn(null, NO_BYTES);
      else close(socket, `its header did not come within ${headerTimeout / 1000} s`);
    }

    function onData(chunk: Buffer): void {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      let header: ProxyHeader;
      try {
        header = readProxyHeader(bytes);
      } catch (error) {
        if (!(error instanceof MalformedProxyHeader)) throw error;
        close(socket, error.message);
        return;
      }
      if (header.kind === 'incomplete') return;
      if (header.kind === 'none') {
        if (mode === 'require') close(socket, 'it does not begin with a PROXY header');
        else handOn(null, bytes);
      } else if (!trusted.has(socket.remoteAddress)) close(socket, NOT_TRUSTED);
      else handOn(header.addresses, bytes.subarray(header.bytes));
    }
  }

  return {
    take(socket) {
      if (mode === 'off') arrived(socket, ownAddresses(socket));
      else if (waiting.size >= limit) {
        limitReached('awaited PROXY headers', limit);
        socket.destroy();
      } else if (mode === 'require' && !trusted.has(socket.remoteAddress)) {
        socket.on('error', () => {});
        close(socket, NOT_TRUSTED);
      } else awaitHeader(socket);
    },
    cut() {
      for (const socket of waiting) socket.destroy();
    },
  };
}

const NOT_TRUSTED = 'its address is not among --trusted-proxies, and may not send a PROXY header';

/** Those of the connection itself. */
function ownAddresses(socket: Socket): ProxiedAddresses | null {
  const source = ipOf(socket.remoteAddress);
  const destination = ipOf(socket.localAddress);
  if (!source || !destination) return null;
  return {
    source,
    sourcePort: socket.remotePort ?? 0,
    destination,
    destinationPort: socket.localPort ?? 0,
  };
}

const ipOf = (text: string | undefined): Ip | null => (text === undefined ? null : parseIp(text));

/** Who is at the other end of a connection, whose bytes `tcp` carries; the addresses are null when it is gone. */
export function clientOf(addresses: ProxiedAddresses | null, tcp: Duplex): RequestingClient {
  // The canonical form: an IPv4 client on a dual-stack listener is the same client.
  const ip = addresses?.source.text ?? '';
  return { ip, peerIp: ip, faults: () => faultsOn(tcp) };
}
