import { type LookupFunction, Socket } from 'node:net';
import { type Clock, systemClock } from '../net/clock.js';
import { startDeadline } from '../net/deadline.js';
import { hostPort } from '../net/ip.js';
import { type Dial, DialError, type DialOptions, type OriginSocket } from './contract.js';
import { toDialError } from './dial-failure.js';
import { createResolver, type Lookup, type Resolver, systemLookup } from './resolver.js';

/** A plain socket, but whatever ends it before it has connected is a DialError. */
class DirectSocket extends Socket {
  #connected = false;

  constructor(readonly where: string) {
    // An origin that ends its side of a WebSocket may still listen: the proxy passes half-closes on.
    super({ allowHalfOpen: true });
    this.once('connect', () => {
      this.#connected = true;
    });
  }

  /** Everything that fails a socket, in Node and here, comes through this method. */
  override destroy(error?: Error): this {
    return super.destroy(error && !this.#connected ? toDialError(error, this.where) : error);
  }
}

/**
 * Dials from this machine. IP literals as they are; a host name is looked up at every dial, through a cache of 5 seconds
 * for traffic and without it for probes. With several addresses they are tried in turn within the connect timeout.
 */
export function createDirectDialer(options: { clock?: Clock; lookup?: Lookup } = {}): Dial {
  const clock = options.clock ?? systemClock;
  const resolver = createResolver(clock, options.lookup ?? systemLookup);

  return ({ host, port }, dialOptions): OriginSocket => {
    const socket = new DirectSocket(hostPort(host, port));
    endConnectingInTime(socket, clock, dialOptions.connectTimeoutMs);
    try {
      socket.connect({
        host,
        port,
        lookup: lookupFor(resolver, dialOptions.purpose),
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
  };
}

function endConnectingInTime(socket: DirectSocket, clock: Clock, ms: number): void {
  const cancel = startDeadline(clock, ms, () =>
    socket.destroy(new DialError('timeout', `Cannot connect to ${socket.where}: no answer within ${ms} ms`)),
  );
  socket.once('connect', cancel);
  socket.once('close', cancel);
}

function lookupFor(resolver: Resolver, purpose: DialOptions['purpose']): LookupFunction {
  return (name, _options, done) => {
    resolver.resolve(name, { fresh: purpose === 'probe' }).then(
      // Not inside the promise: what the callback throws must not turn into a rejection that nobody handles.
      (addresses) => process.nextTick(done, null, addresses),
      (error) => process.nextTick(done, error, []),
    );
  };
}
