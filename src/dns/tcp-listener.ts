import { once } from 'node:events';
import type net from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../net/clock.js';
import { startDeadline } from '../net/deadline.js';
import { parseIp } from '../net/ip.js';
import type { ListeningSocket } from '../net/listening-socket.js';
import type { DnsResponder } from './responder.js';
import { MAX_QUERY_BYTES } from './wire.js';

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
