import net from 'node:net';
import { onTestFinished } from 'vitest';

/** A proxy in front of PostgreSQL that understands enough of its protocol to break a connection at the right moment. */
export interface DatabaseProxy {
  /** Of the same database, through the proxy. */
  readonly url: string;
  /**
   * Breaks the connection of the next transaction that numbers a revision, at its COMMIT, or at the statement that is a transaction by
   * itself: before the server gets it, or when the server has answered it, so that only the answer is lost. With `all`, every other connection breaks as well.
   */
  cutCommit(moment: 'before' | 'after', all?: boolean): Promise<void>;
  /** Breaks every connection, and refuses new ones until `open`. */
  close(): void;
  open(): void;
  /** Bytes go nowhere any more, on connections that stay open, and new ones are not answered; until `thaw` breaks those. */
  freeze(): void;
  thaw(): void;
}

interface Pair {
  readonly client: net.Socket;
  readonly server: net.Socket;
  /** A row of `revision` was written in the transaction under way. */
  numbered: boolean;
}

export async function startDatabaseProxy(target: string): Promise<DatabaseProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<Pair>();
  let cut: { moment: 'before' | 'after'; all: boolean; done: () => void } | null = null;
  let closed = false;
  let frozen = false;

  const destroy = ({ client, server }: Pair) => {
    client.destroy();
    server.destroy();
  };

  function carryOut(pair: Pair): void {
    const { all, done } = cut!;
    cut = null;
    for (const one of all ? [...pairs] : [pair]) destroy(one);
    done();
  }

  function fromClient(pair: Pair, message: Buffer): void {
    const text = message.toString('latin1');
    if (/insert into revision/.test(text)) pair.numbered = true;
    const isBatch = /^P[\s\S]*jsonb_to_recordset[\s\S]*as r \(number bigint/.test(text);
    const commits = isBatch || (pair.numbered && /^[QP][\s\S]{4,5}COMMIT\0/.test(text));
    if (commits) pair.numbered = false;
    if (commits && cut?.moment === 'before') {
      carryOut(pair);
      return;
    }
    if (commits && cut) {
      pair.server.removeAllListeners('data');
      pair.server.once('data', () => carryOut(pair));
    }
    pair.server.write(message);
  }

  const listener = net.createServer((client) => {
    if (closed) {
      client.destroy();
      return;
    }
    const server = net.connect(Number(port), hostname);
    const pair: Pair = { client, server, numbered: false };
    pairs.add(pair);
    const split = messages((message) => fromClient(pair, message));
    client.on('data', (bytes) => frozen || split(bytes));
    server.on('data', (bytes) => frozen || client.write(bytes));
    for (const socket of [client, server]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        // Behind a network that is gone, the other end hears nothing of it.
        if (frozen) return;
        pairs.delete(pair);
        destroy(pair);
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const breakAll = () => {
    for (const pair of pairs) destroy(pair);
  };
  onTestFinished(() => {
    listener.close();
    breakAll();
  });
  const url = new URL(target);
  url.port = String((listener.address() as net.AddressInfo).port);

  return {
    url: url.href,
    cutCommit: (moment, all = false) =>
      new Promise((done) => {
        cut = { moment, all, done };
      }),
    close() {
      closed = true;
      breakAll();
    },
    open() {
      closed = false;
    },
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      breakAll();
    },
  };
}

/** Cuts the bytes of a client into messages; the first one has no letter in front of its length. */
function messages(each: (message: Buffer) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  let head = 0;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= head + 4) {
      const length = head + rest.readUInt32BE(head);
      if (rest.length < length) return;
      each(rest.subarray(0, length));
      rest = rest.subarray(length);
      head = 1;
    }
  };
}
