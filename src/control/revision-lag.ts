import { realTime } from '../net/clock.js';

/** How far the data plane is behind what was committed. */
export interface RevisionLag {
  committed(revision: number): void;
  /** The data plane follows the delta of this revision, and all before it. */
  applied(revision: number): void;
  /** The newest revision, and for how many seconds the oldest that is not followed yet has waited. */
  read(): { readonly committed: number; readonly lagSeconds: number };
}

/** More revisions than that are taken for one. */
const MAX_WAITING = 1_000;

export function createRevisionLag(first: number): RevisionLag {
  /** In their order; as many as the data plane owes confirmations for. */
  let waiting: { readonly revision: number; readonly since: number }[] = [];
  let newest = first;
  return {
    committed(revision) {
      newest = revision;
      const last = waiting.length < MAX_WAITING ? undefined : waiting.pop();
      waiting.push({ revision, since: last?.since ?? realTime.monotonic() });
    },
    applied(revision) {
      const place = waiting.findIndex((one) => one.revision === revision);
      waiting = waiting.slice(place + 1);
    },
    read: () => ({
      committed: newest,
      lagSeconds: waiting[0] ? (realTime.monotonic() - waiting[0].since) / 1e3 : 0,
    }),
  };
}
