import type { Logger } from 'pino';
import type { Clock } from '../net/clock.js';
import { type DnsQuery, isBad, readQuery } from './query.js';
import { SERVER_FAILED } from './replies.js';
import { encodeRefusal, encodeReply, type Reply } from './reply.js';
import type { DnsRequest } from './vantage.js';

/** Answers messages, whatever they hold. */
export interface DnsResponder {
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
