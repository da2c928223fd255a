import { promises as dns, type LookupAddress } from 'node:dns';
import { type LookupFunction, Socket } from 'node:net';
import {
  type Cidr,
  createMayDial,
  hostPort,
  LOOPBACK,
  type MayDial,
  parseIp,
  prohibition,
} from '../../net/addresses.js';
import { type Clock, realTime, startDeadline } from '../../net/clock.js';
import {
  type Destination,
  type Dial,
  DialError,
  type DialOptions,
  type OriginSocket,
  toDialError,
} from './contract.js';
import { LentReads } from './lent-reads.js';

/** A plain socket, but whatever ends it before it has connected is a DialError. */
class DirectSocket extends Socket {
  #connected = false;

  constructor(
    readonly where: string,
    readonly reads: LentReads | null,
  ) {
    // An origin that ends its side of a WebSocket may still listen: the proxy passes half-closes on.
    super({ allowHalfOpen: true, ...(reads && { onread: reads.onread }) });
    reads?.of(this);
    this.once('connect', () => {
      this.#connected = true;
    });
  }

  /** Everything that fails a socket, in Node and here, comes through this method. */
  override destroy(error?: Error): this {
    return super.destroy(error && !this.#connected ? toDialError(error, this.where) : error);
  }
}

export interface DirectDialer {
  readonly dial: Dial;
  readonly mayDial: MayDial;
}

interface DirectOptions {
  /** By which answers of DNS are kept; real time when absent. */
  readonly clock?: Clock;
  /** By which connecting is timed: another one in tests. */
  readonly real?: Clock;
  readonly lookup?: Lookup;
  /** What may be dialled although it is not globally routable; this machine itself when absent. */
  readonly networks?: readonly Cidr[];
}

/**
 * Dials from this machine. IP literals as they are; a host name is looked up at every dial, through a cache of 5 seconds
 * for traffic and without it for probes. With several addresses those that may be dialled are tried in turn within the
 * connect timeout; when none may be, the dial fails with `prohibited`.
 */
export function createDirectDialer(options: DirectOptions = {}): DirectDialer {
  const { clock = realTime, real = realTime } = options;
  const resolver = createResolver(clock, options.lookup ?? systemLookup);
  const mayDial = createMayDial(options.networks ?? LOOPBACK);

  function dial({ host, port }: Destination, dialOptions: DialOptions): OriginSocket {
    const socket = new DirectSocket(hostPort(host, port), dialOptions.lent ? new LentReads() : null);
    if (parseIp(host) && !mayDial(host)) return socket.destroy(prohibited(host, [host]));
    endConnectingInTime(socket, real, dialOptions.connectTimeoutMs);
    try {
      socket.connect({
        host,
        port,
        lookup: lookupFor(resolver, mayDial, dialOptions.purpose),
        // Node gives up on an address after 250 ms by default, too early for a far one when the next does not answer.
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(dialOptions.connectTimeoutMs / 3)),
      });
      socket.setNoDelay(true);
    } catch (error) {
      // A port outside 0..65535 throws; the contract promises an event.
      socket.destroy(error as Error);
    }
    return socket;
  }

  return { dial, mayDial };
}

const prohibited = (name: string, addresses: readonly string[]) =>
  new DialError('prohibited', prohibition(name, addresses));

function endConnectingInTime(socket: DirectSocket, real: Clock, ms: number): void {
  const cancel = startDeadline(real, ms, () =>
    socket.destroy(new DialError('timeout', `Cannot connect to ${socket.where}: no answer within ${ms} ms`)),
  );
  socket.once('connect', cancel);
  socket.once('close', cancel);
}

function lookupFor(resolver: Resolver, mayDial: MayDial, purpose: DialOptions['purpose']): LookupFunction {
  return (name, _options, done) => {
    resolver.resolve(name, { fresh: purpose === 'probe' }).then(
      (addresses) => {
        const found = addresses.map(({ address }) => address);
        const allowed = addresses.filter(({ address }) => mayDial(address));
        const refused = found.length > 0 && allowed.length === 0 ? prohibited(name, found) : null;
        // Not inside the promise: what the callback throws must not turn into a rejection that nobody handles.
        process.nextTick(done, refused, allowed);
      },
      (error) => process.nextTick(done, error, []),
    );
  };
}

interface Resolver {
  /**
   * All addresses of `name`, in the order of the system's resolver. `fresh` refuses what was found earlier; a look-up
   * that is still under way is shared in any case. Rejects with the error of `dns.lookup` (ENOTFOUND, EAI_AGAIN …).
   */
  resolve(name: string, options: { fresh: boolean }): Promise<LookupAddress[]>;
}

export type Lookup = (name: string) => Promise<LookupAddress[]>;

interface Answer {
  readonly addresses: Promise<LookupAddress[]>;
  /** Infinity while the look-up is under way. */
  validUntil: number;
}

const FOUND_FOR_MS = 5_000;
/** Shorter, so that a name that has just been created works soon; not 0, so that it is not asked at every request. */
const FAILED_FOR_MS = 1_000;
const MAX_NAMES = 1_000;

const systemLookup: Lookup = (name) => dns.lookup(name, { all: true });

/** A bounded cache before `lookup`: the system's resolver runs on few threads, and those also read files. */
export function createResolver(clock: Clock, lookup: Lookup = systemLookup): Resolver {
  const answers = new Map<string, Answer>();

  function ask(name: string): Promise<LookupAddress[]> {
    const addresses = lookup(name);
    const answer: Answer = { addresses, validUntil: Number.POSITIVE_INFINITY };
    const settle = (ms: number) => () => {
      answer.validUntil = clock.monotonic() + ms;
    };
    addresses.then(settle(FOUND_FOR_MS), settle(FAILED_FOR_MS));
    answers.delete(name);
    if (answers.size >= MAX_NAMES) answers.delete(answers.keys().next().value as string);
    answers.set(name, answer);
    return addresses;
  }

  return {
    resolve(name, { fresh }) {
      const known = answers.get(name);
      if (known === undefined || known.validUntil <= clock.monotonic()) return ask(name);
      const underWay = known.validUntil === Number.POSITIVE_INFINITY;
      return fresh && !underWay ? ask(name) : known.addresses;
    },
  };
}
