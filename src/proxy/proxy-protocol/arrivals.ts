import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { ProxyProtocol } from '../../bridge/data-plane-thread.js';
import type { TrafficFaults } from '../../faults/traffic-faults.js';
import { acceptUnderFaults } from '../../faults/under-faults.js';
import { type Ip, parseIp } from '../../net/addresses.js';
import type { Deadlines, Waiting } from '../deadlines.js';
import type { LimitReached } from '../limit-log.js';
import type { TrustedProxies } from '../trusted-proxies.js';
import {
  MalformedProxyHeader,
  type ProxiedAddresses,
  type ProxyHeader,
  readProxyHeader,
} from './read-header.js';

/** Takes a connection, and who is at its other end. Null when the connection is gone before it could be asked. */
export type Arrived = (socket: Socket, addresses: ProxiedAddresses | null) => void;

export interface Arrivals {
  take(socket: Socket): void;
  /** Closes the connections whose header is awaited: nothing was promised to anybody yet. */
  cut(): void;
}

export interface ArrivalOptions {
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
