import { once } from 'node:events';
import type net from 'node:net';
import type { Logger } from 'pino';
import { parseIp } from '../net/addresses.js';
import { type Clock, startDeadline } from '../net/clock.js';
import type { DatagramSocket, ListeningSocket } from '../net/listening-sockets.js';
import { createSeriesTable, type SeriesReport } from '../state/series-table.js';
import {
  type DnsQuery,
  type DnsRequest,
  isBad,
  MAX_QUERY_BYTES,
  RCODE,
  RECORD_TYPE,
  readQuery,
} from './query.js';
import { encodeRefusal, encodeReply, type Reply, SERVER_FAILED, udpBytes } from './reply.js';

/** Answers messages, whatever they hold. */
interface DnsResponder {
  /**
   * The answer to one message, at most `maxBytes` of its query long; null for a message that gets none. Never rejects.
   * `resolverIp` is canonical text.
   */
  respond(message: Buffer, resolverIp: string, maxBytes: (query: DnsQuery) => number): Promise<Buffer | null>;
  /** Resolves when nothing is under way, or after `graceMs`. */
  settled(graceMs: number): Promise<void>;
}

/** Questions that wait for the host name of an origin, all together: many wait for the same look-up. */
const MAX_UNDER_WAY = 10_000;
/** A resolver asks again, or asks somebody else, not much later than this. */
const ANSWER_MS = 2_000;

/** Hears of every question that was answered: its type, null where none could be read, and the code of the answer. */
export type OnAnswered = (type: number | null, rcode: number) => void;

export function createResponder(
  answer: (request: DnsRequest) => Promise<Reply>,
  real: Clock,
  log: Logger,
  onAnswered: OnAnswered = () => {},
): DnsResponder {
  let underWay = 0;
  let onSettled: (() => void) | null = null;

  async function reply(request: DnsRequest): Promise<Reply> {
    if (underWay >= MAX_UNDER_WAY) return SERVER_FAILED;
    underWay += 1;
    try {
      return await inTime(answer(request), real);
    } finally {
      underWay -= 1;
      if (underWay === 0) onSettled?.();
    }
  }

  return {
    async respond(message, resolverIp, maxBytes) {
      try {
        const query = readQuery(message);
        if (query === null) return null;
        if (isBad(query)) {
          onAnswered(null, query.rcode);
          return encodeRefusal(query);
        }
        const said = await reply({ query, resolverIp });
        onAnswered(query.type, said.rcode);
        return encodeReply(query, said, maxBytes(query));
      } catch (error) {
        log.error({ err: error, bytes: message.length }, 'a message of DNS was not answered');
        return null;
      }
    },
    settled(graceMs) {
      if (underWay === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onSettled = resolve;
        real.after(graceMs, resolve);
      });
    },
  };
}

function inTime(answered: Promise<Reply>, real: Clock): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const cancel = real.after(ANSWER_MS, () => resolve(SERVER_FAILED));
    answered.then(resolve, reject).finally(cancel);
  });
}

/** Questions by their type and the code of their answer, both in words; anybody may ask for any type, so the rest is `other`. */
export function createQuestionCounts(): { readonly add: OnAnswered; report(): SeriesReport } {
  const table = createSeriesTable({ labels: 2, values: 1, limit: 200, names: 0 });
  const nameOf = (names: Readonly<Record<string, number>>) => {
    const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name]));
    return (number: number | null) => (number === null ? '' : (byNumber.get(number) ?? 'other'));
  };
  const typeOf = nameOf(RECORD_TYPE);
  const codeOf = nameOf(RCODE);
  return {
    add: (type, rcode) => {
      table.of([typeOf(type), codeOf(rcode)])[0]! += 1;
    },
    report: table.report,
  };
}

/** Answers that the network does not take wait in memory; beyond this many bytes they are left out, as the network would. */
const MAX_QUEUED_BYTES = 1024 * 1024;

export interface UdpListener {
  close(): Promise<void>;
}

/** Answers questions over UDP from now on. */
export function listenUdp(bound: DatagramSocket, responder: DnsResponder, log: Logger): UdpListener {
  const { socket } = bound;
  let closed = false;

  bound.serve(
    async (message, { address: from, port: fromPort }) => {
      // Nobody can be answered there.
      if (fromPort === 0) return;
      const answer = await responder.respond(message, parseIp(from)?.text ?? from, udpBytes);
      if (answer === null || closed || socket.getSendQueueSize() > MAX_QUEUED_BYTES) return;
      socket.send(answer, fromPort, from, (error) => {
        if (error) log.debug({ err: error }, 'an answer of DNS was not sent');
      });
    },
    (error) => log.error({ err: error }, 'the UDP listener of DNS failed'),
  );
  return {
    close() {
      closed = true;
      return bound.close();
    },
  };
}

const MAX_CONNECTIONS = 256;
/** For each question to arrive whole and for its answer to be taken; also how long a connection may be silent. */
const QUESTION_MS = 10_000;
/** The length in front of each message counts no more. */
const MAX_ANSWER_BYTES = 65_535;

export interface TcpListener {
  /** Connections that are open are broken. */
  close(): Promise<void>;
}

/** Answers questions over TCP (RFC 7766) from now on, those of a connection one after another. */
export function listenTcp(
  bound: ListeningSocket,
  responder: DnsResponder,
  real: Clock,
  log: Logger,
): TcpListener {
  const sockets = new Set<net.Socket>();
  bound.serve(
    (socket) => {
      socket.on('error', () => {});
      if (sockets.size >= MAX_CONNECTIONS) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      serve(socket, responder, real).catch((error: Error) => {
        log.debug({ err: error }, 'a connection of DNS was broken');
        socket.destroy();
      });
    },
    (error) => log.error({ err: error }, 'the TCP listener of DNS failed'),
  );
  return {
    close() {
      const closed = bound.close();
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

async function serve(socket: net.Socket, responder: DnsResponder, real: Clock): Promise<void> {
  const address = socket.remoteAddress ?? '';
  const resolverIp = parseIp(address)?.text ?? address;
  const giveUp = () => socket.destroy(new Error(`no question and answer within ${QUESTION_MS} ms`));
  let cancelDeadline = startDeadline(real, QUESTION_MS, giveUp);
  let unread: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
      for (let message = firstMessage(unread); message; message = firstMessage(unread)) {
        unread = unread.subarray(2 + message.length);
        const answer = await responder.respond(message, resolverIp, () => MAX_ANSWER_BYTES);
        // What deserves no answer over UDP was sent on purpose here.
        if (answer === null) throw new Error('not a query');
        if (!socket.write(framed(answer))) await once(socket, 'drain');
        cancelDeadline();
        cancelDeadline = startDeadline(real, QUESTION_MS, giveUp);
      }
    }
    socket.end();
    await once(socket, 'close');
  } finally {
    cancelDeadline();
  }
}

/** Without its length; null while it has not arrived whole. */
function firstMessage(bytes: Buffer): Buffer | null {
  if (bytes.length < 2) return null;
  const length = bytes.readUInt16BE(0);
  if (length > MAX_QUERY_BYTES) throw new Error(`a question of ${length} bytes`);
  return bytes.length < 2 + length ? null : bytes.subarray(2, 2 + length);
}

function framed(answer: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(answer.length, 0);
  return Buffer.concat([length, answer]);
}
