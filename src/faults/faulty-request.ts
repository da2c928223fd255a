import type { Duplex } from 'node:stream';
import type { RequestStream, TunnelRequest } from '../tunnel/egress/contract.js';
import { CODE } from '../tunnel/h2/frames.js';
import type { Cut } from './conditions.js';
import { streamLost } from './fault-error.js';
import { FaultySocket } from './faulty-socket.js';
import { FaultyStream } from './faulty-stream.js';
import type { Chance } from './passage.js';
import type { Struck } from './struck.js';

/** Those that carry a part of the message, beside its body. */
const HEADS = ['continue', 'headers', 'response', 'trailers'] as const;
/** While the request has not been sent. */
const NO_CONNECTOR = { clientId: '', name: 'no connector yet' } as const;

/**
 * An HTTP request through the ingress rules of a tunnel, under faults. It is one stream of a connection that others use as well: what
 * would close a connection resets the stream. Bytes are those of the bodies; a head counts as the first one.
 */
class FaultyRequest extends FaultyStream<RequestStream> implements RequestStream {
  sent: TunnelRequest | null = null;
  #code: number | undefined;

  constructor(struck: Struck, chance: Chance, send: () => TunnelRequest) {
    super(struck, chance, 'upstream');
    let sending = true;
    let refused: unknown;
    const sendHead = () => {
      try {
        this.#carry(send());
      } catch (error) {
        refused = error;
        // Later there is nobody who could catch it.
        if (!sending) this.destroy(error as Error);
      }
    };
    this.toInner.mark(sendHead, { counts: true });
    sending = false;
    if (refused === undefined) return;
    this.destroy();
    throw refused;
  }

  #carry(sent: TunnelRequest): void {
    this.sent = sent;
    this.attach(sent.stream);
    for (const event of HEADS)
      this.listen(event, (...args) =>
        this.fromInner.mark(() => void this.emit(event, ...args), { counts: true }),
      );
  }

  protected watchEnd(_inner: RequestStream, ended: () => void): void {
    this.listen('end', ended);
  }

  protected cutOff({ by }: Cut): void {
    this.#leave(CODE.CANCEL);
    this.destroy(streamLost(by));
  }

  #leave(code: number): void {
    this.left = true;
    this.#code = code;
    this.inner?.close(code);
  }

  get rstCode(): number | undefined {
    return this.#code ?? this.inner?.rstCode;
  }

  close(code: number = CODE.NO_ERROR): void {
    if (this.destroyed) return;
    if (code === CODE.NO_ERROR && !this.writableFinished) {
      if (!this.writableEnded) this.end();
      this.once('finish', () => this.close(code));
      return;
    }
    this.#leave(code);
    this.destroy();
  }

  /** The stream as a socket, under the same faults. */
  upgraded(): Duplex {
    this.detach();
    return FaultySocket.over(this.struck, this.chance, this.sent!.upgraded(), 'upstream');
  }
}

/** Sends a request that is under faults, perhaps later. Throws as `send` does when it is sent at once. */
export function faultyRequest(struck: Struck, chance: Chance, send: () => TunnelRequest): TunnelRequest {
  const stream = new FaultyRequest(struck, chance, send);
  return {
    stream,
    get connector() {
      return stream.sent?.connector ?? NO_CONNECTOR;
    },
    suspect: () => stream.sent?.suspect(),
    connectorFailed: (reason) => stream.sent?.connectorFailed(reason),
    connectorReached: () => stream.sent?.connectorReached(),
    upgraded: () => stream.upgraded(),
  };
}
