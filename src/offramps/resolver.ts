import { promises as dns, type LookupAddress } from 'node:dns';
import type { Clock } from '../net/clock.js';

export interface Resolver {
  /**
   * All addresses of `name`, in the order of the system's resolver. `fresh` refuses what was found earlier; a look-up
   * that is still under way is shared in any case. Rejects with the error of `dns.lookup` (ENOTFOUND, EAI_AGAIN …).
   */
  resolve(name: string, options: { fresh: boolean }): Promise<LookupAddress[]>;
}

export type Lookup = (name: string) => Promise<LookupAddress[]>;

interface Answer {
  readonly addresses: Promise<LookupAddress[]>;
  /** Infinity while the look-up is under way. */
  validUntil: number;
}

const FOUND_FOR_MS = 5_000;
/** Shorter, so that a name that has just been created works soon; not 0, so that it is not asked at every request. */
const FAILED_FOR_MS = 1_000;
const MAX_NAMES = 1_000;

export const systemLookup: Lookup = (name) => dns.lookup(name, { all: true });

/** A bounded cache before `lookup`: the system's resolver runs on few threads, and those also read files. */
export function createResolver(clock: Clock, lookup: Lookup = systemLookup): Resolver {
  const answers = new Map<string, Answer>();

  function ask(name: string): Promise<LookupAddress[]> {
    const addresses = lookup(name);
    const answer: Answer = { addresses, validUntil: Number.POSITIVE_INFINITY };
    const settle = (ms: number) => () => {
      answer.validUntil = clock.monotonic() + ms;
    };
    addresses.then(settle(FOUND_FOR_MS), settle(FAILED_FOR_MS));
    answers.delete(name);
    if (answers.size >= MAX_NAMES) answers.delete(answers.keys().next().value as string);
    answers.set(name, answer);
    return addresses;
  }

  return {
    resolve(name, { fresh }) {
      const known = answers.get(name);
      if (known === undefined || known.validUntil <= clock.monotonic()) return ask(name);
      const underWay = known.validUntil === Number.POSITIVE_INFINITY;
      return fresh && !underWay ? ask(name) : known.addresses;
    },
  };
}
