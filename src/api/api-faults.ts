import type { FastifyReply } from 'fastify';
import type { NamedFault } from '../bridge/faults.js';
import { createFaultList, type FaultList } from '../faults/fault-list.js';
import { type Clock, realTime } from '../net/clock.js';
import { failure } from './envelope.js';
import { ApiError, type ErrorName } from './errors.js';

/** What clients of the API are made to see, so that they can be tried out against an API that fails. */
export interface ApiFault extends NamedFault {
  readonly on: 'api';
  /** In capitals; null is every method. */
  readonly method: string | null;
  /** Segments of the path below `/client/v4`, see `fitsPath`; null is every path. */
  readonly path: readonly string[] | null;
  /** It strikes the first request that fits, and from there on one in so many. */
  readonly oneIn: number;
  readonly delayMs: number;
  /** The answer in place of the real one; null serves the request, late. */
  readonly answer: { readonly status: number; readonly retryAfter: number | null } | null;
}

export interface ApiFaults {
  readonly list: FaultList<ApiFault>;
  /** The fault that strikes this request, null as a rule. Each call is one request. */
  strike(method: string, path: string): ApiFault | null;
  /** Resolves when the fault has held the request up for long enough, or is gone. */
  delay(fault: ApiFault): Promise<void>;
}

/** Of those that fit a request, the first whose turn it is strikes. */
export function createApiFaults(clock: Clock): ApiFaults {
  /** How many requests have fitted each. */
  const seen = new Map<ApiFault, number>();
  /** What lets each of the requests go that are held up. */
  const held = new Map<ApiFault, Set<() => void>>();
  const list = createFaultList<ApiFault>(clock, (all) => {
    const set = new Set(all);
    for (const fault of seen.keys()) if (!set.has(fault)) seen.delete(fault);
    for (const [fault, waiting] of held) if (!set.has(fault)) for (const letGo of [...waiting]) letGo();
  });

  function isItsTurn(fault: ApiFault): boolean {
    const before = seen.get(fault) ?? 0;
    seen.set(fault, before + 1);
    return before % fault.oneIn === 0;
  }

  return {
    list,
    strike(method, path) {
      if (list.all.length === 0) return null;
      const segments = path.split('/');
      const fits = (fault: ApiFault) =>
        (fault.method === null || fault.method === method) &&
        (fault.path === null || fitsPath(fault.path, segments));
      const fault = list.all.find((one) => fits(one) && isItsTurn(one));
      if (fault) list.struck(fault);
      return fault ?? null;
    },
    delay: (fault) =>
      new Promise((resolve) => {
        if (fault.delayMs === 0) return resolve();
        const waiting = held.get(fault) ?? new Set();
        held.set(fault, waiting);
        const letGo = () => {
          cancel();
          waiting.delete(letGo);
          if (waiting.size === 0) held.delete(fault);
          resolve();
        };
        const cancel = realTime.after(fault.delayMs, letGo);
        waiting.add(letGo);
      }),
  };
}

/** `*` stands for one segment, `**` at the end for any number of them, also for none. */
export function fitsPath(pattern: readonly string[], segments: readonly string[]): boolean {
  const open = pattern.at(-1) === '**';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((one, index) => one === '*' || one === segments[index]);
}

/** The errors that the API gives with these statuses by itself; those beyond 500 look like `internal`. */
const ROWS: Readonly<Record<number, ErrorName>> = {
  403: 'not_authenticated',
  429: 'rate_limited',
  503: 'overloaded',
};

/** Holds the request up, then answers in its place or lets it pass. The header tells who has forgotten a fault. */
export async function answerFault(
  faults: ApiFaults,
  fault: ApiFault,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  reply.header('offramp-fault', fault.name);
  await faults.delay(fault);
  if (fault.answer === null) return undefined;
  const { status, retryAfter } = fault.answer;
  const error = new ApiError(ROWS[status] ?? 'internal', 'the service is not available at the moment');
  const seconds = retryAfter ?? error.row.retryAfter ?? null;
  if (seconds !== null) reply.header('retry-after', String(seconds));
  reply.request.refusal = error;
  return reply.code(status).send(failure(error));
}
