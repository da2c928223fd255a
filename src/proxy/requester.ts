import type { Duplex } from 'node:stream';
import type { Client } from '../steering/decide.js';

/** What happens to the client's connection after an exchange. `abort`: a response could not be completed. */
export type ExchangeEnd = 'keep_alive' | 'close' | 'abort';

/** The side of the client, as an exchange needs it. */
export interface Requester {
  readonly identity: Client;
  /** Returns false when the client reads too slowly: `Exchange.clientDrained` follows. */
  write(bytes: Buffer): boolean;
  writeText(latin1: string): boolean;
  /** Several writes that shall leave together. */
  batch(writes: () => void): void;
  /** Stops and restarts the request body. */
  pauseBody(): void;
  resumeBody(): void;
  /** 101 has been sent: from here on bytes go both ways. `rest` was read behind the 101. */
  joinOrigin(socket: Duplex, rest: Buffer): void;
  exchangeEnded(end: ExchangeEnd): void;
}
