import type { Requester } from './requester.js';

/** A head and so much of a body go out as one buffer and one system call; copying more would cost more than it saves. */
const SINGLE_WRITE_BYTES = 16 * 1024;

/** Writes one response to the client with as few system calls as its size allows. */
export class ClientResponse {
  /** The client has got bytes of it: nothing else can be answered any more. */
  started = false;
  /** The head, held until it can go out together with the first bytes of the body. */
  private heldHead = '';

  constructor(private readonly client: Requester) {}

  begin(head: string): void {
    this.heldHead = head;
  }

  /** Returns false when the client reads too slowly. */
  write(piece: Buffer): boolean {
    const { client, heldHead } = this;
    if (heldHead === '') return client.write(piece);
    this.heldHead = '';
    this.started = true;
    if (piece.length <= SINGLE_WRITE_BYTES) return client.write(prefixed(heldHead, piece));
    let flowing = true;
    client.batch(() => {
      client.writeText(heldHead);
      flowing = client.write(piece);
    });
    return flowing;
  }

  /** Sends the head now when no body came with it. */
  flush(): void {
    if (this.heldHead === '') return;
    this.client.writeText(this.heldHead);
    this.heldHead = '';
    this.started = true;
  }
}

function prefixed(head: string, piece: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(head.length + piece.length);
  whole.write(head, 0, 'latin1');
  piece.copy(whole, head.length);
  return whole;
}
