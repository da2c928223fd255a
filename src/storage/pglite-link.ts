import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';

const TERMINATE = 0x58;
/** Parse, Bind, Describe, Execute and Close: the server may keep its answers to these until the Sync behind them. */
const ANSWERED_AT_SYNC: ReadonlySet<number> = new Set(Buffer.from('PBDEC'));

/** What crosses to the thread and back. The number keeps a late answer to an ended connection from the next one. */
export interface WireMessage {
  readonly connection: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PgliteLink {
  /** A connection for `pg`: bytes of the Postgres wire protocol. One at a time. */
  connect(): Duplex;
  close(): Promise<void>;
}

/**
 * How much a function of the database runs before V8 spends time on optimising it. By default that is soon, and the start
 * and the first hundred writes pay for functions that hardly run again; what is really hot gets there all the same.
 */
const OPTIMISE_AFTER = '--wasm-tiering-budget=1000000000';

/** Starts PGlite in its own thread. `dataDir` is a path, or `memory://`. */
export async function startPglite(dataDir: string): Promise<PgliteLink> {
  const template = fileURLToPath(new URL('../database-template.tar.gz', import.meta.url));
  v8.setFlagsFromString(OPTIMISE_AFTER);
  const worker = new Worker(new URL('./pglite-worker.js', import.meta.url), {
    workerData: { dataDir, template },
    execArgv: [],
  });
  await once(worker, 'message');
  let connections = 0;
  return {
    connect: () => new PgliteStream(worker, ++connections),
    async close() {
      worker.postMessage('close');
      await once(worker, 'exit');
    },
  };
}

/**
 * Looks like a socket to `pg`; cuts its bytes into protocol messages, which is what PGlite takes. Those of one query go
 * together: crossing to the thread and back costs more than most queries.
 */
class PgliteStream extends Duplex {
  #rest: Buffer = Buffer.alloc(0);
  /** How many bytes of `#rest` are whole messages that wait for their Sync. */
  #held = 0;
  #started = false;
  readonly #worker: Worker;
  readonly #connection: number;

  constructor(worker: Worker, connection: number) {
    super();
    this.#worker = worker;
    this.#connection = connection;
  }

  connect(): this {
    this.#worker.on('message', this.#receive);
    this.#worker.once('exit', this.#gone);
    queueMicrotask(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  readonly #receive = (message: WireMessage | { connection: number; error: string } | 'closed'): void => {
    if (message === 'closed' || message.connection !== this.#connection) return;
    if ('error' in message) {
      this.destroy(new Error(`the embedded database failed: ${message.error}`));
    } else if (message.bytes.length > 0) {
      const { buffer, byteOffset, byteLength } = message.bytes;
      this.push(Buffer.from(buffer, byteOffset, byteLength));
    }
  };

  readonly #gone = (): void => {
    this.destroy(new Error('the embedded database has stopped'));
  };

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let length = this.#nextLength(); length > 0; length = this.#nextLength()) {
      const first = !this.#started;
      const type = this.#rest[this.#held]!;
      this.#started = true;
      if (!first && type === TERMINATE) {
        this.push(null);
        break;
      }
      this.#held += length;
      if (first || !ANSWERED_AT_SYNC.has(type)) this.#post();
    }
    done();
  }

  #post(): void {
    const bytes = new Uint8Array(this.#rest.subarray(0, this.#held));
    this.#rest = this.#rest.subarray(this.#held);
    this.#held = 0;
    this.#worker.postMessage({ connection: this.#connection, bytes } satisfies WireMessage, [bytes.buffer]);
  }

  /** Bytes of the next whole message, 0 when it has not arrived yet. The start-up message has no type byte. */
  #nextLength(): number {
    const head = this.#started ? 5 : 4;
    const arrived = this.#rest.length - this.#held;
    if (arrived < head) return 0;
    const length = this.#rest.readInt32BE(this.#held + head - 4) + head - 4;
    return arrived < length ? 0 : length;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#worker.off('message', this.#receive);
    this.#worker.off('exit', this.#gone);
    done(error);
  }
}
