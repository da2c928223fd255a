import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction, Socket, type SocketConstructorOpts } from 'node:net';
import {
  type Cidr,
  createMayDial,
  hostPort,
  LOOPBACK,
  type MayDial,
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

function socketOptions(reads: LentReads | null): SocketConstructorOpts {
  const options = {
    // An origin that ends its side of a WebSocket may still listen: the proxy passes half-closes on.
    allowHalfOpen: true,
    onread: reads?.onread,
    // Node sets these itself, on a copy of the options: when that lacks them, V8 takes ten times as long to make a socket (7 us).
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return options;
}

/** A plain socket, but whatever ends it before it has connected is a DialError. */
class DirectSocket extends Socket {
  #connected = false;
  #cancelDeadline = () => {};

  constructor(
    private readonly destination: Destination,
    readonly reads: LentReads | null,
  ) {
    super(socketOptions(reads));
    reads?.of(this);
    this.on('connect', () => {
      this.#connected = true;
      this.#cancelDeadline();
    });
  }

  endConnectingInTime(real: Clock, ms: number): void {
    this.#cancelDeadline = startDeadline(real, ms, () =>
      this.destroy(new DialError('timeout', `Cannot connect to ${this.#where()}: no answer within ${ms} ms`)),
    );
  }

  /** Everything that ends a socket, in Node and here, comes through this method. */
  override destroy(error?: Error): this {
    this.#cancelDeadline();
    return super.destroy(error && !this.#connected ? toDialError(error, this.#where()) : error);
  }

  #where(): string {
    return hostPort(this.destination.host, this.destination.port);
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
  const mayDial = remembering(createMayDial(options.networks ?? LOOPBACK));
  const lookups = {
    traffic: lookupFor(resolver, mayDial, 'traffic'),
    probe: lookupFor(resolver, mayDial, 'probe'),
  };

  function dial(destination: Destination, dialOptions: DialOptions): OriginSocket {
    const { host, port } = destination;
    const socket = new DirectSocket(destination, dialOptions.lent ? new LentReads() : null);
    if (isIP(host) !== 0 && !mayDial(host)) return socket.destroy(prohibited(host, [host]));
    socket.endConnectingInTime(real, dialOptions.connectTimeoutMs);
    try {
      socket.connect({
        host,
        port,
        lookup: lookups[dialOptions.purpose],
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

/** Addresses whose verdict is kept: what is dialled was nearly always dialled before, and reading an address takes longer than the rest of the way. */
const MAX_REMEMBERED = 16_384;

function remembering(mayDial: MayDial): MayDial {
  const known = new Map<string, boolean>();
  return (ip) => {
    const before = known.get(ip);
    if (before !== undefined) return before;
    const verdict = mayDial(ip);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(ip, verdict);
    return verdict;
  };
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
