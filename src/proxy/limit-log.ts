import type { Logger } from 'pino';
import { realTime } from '../net/clock.js';

/** Limits of the whole process that traffic can reach, and the flags that change them. */
const FLAGS = {
  'client connections': '--max-client-connections',
  'TCP connections': '--max-tcp-connections',
  'HTTP/2 streams': '--max-http2-streams',
  'TLS handshakes': null,
  'awaited PROXY headers': null,
} as const;

export type LimitReached = (limit: keyof typeof FLAGS, value: number) => void;

const EVERY_MS = 60_000;

/** Says that a limit is reached, for each limit once a minute at most: it is reached as often as clients like. */
export function createLimitLog(log: Logger, now: () => number = realTime.monotonic): LimitReached {
  const said = new Map<string, number>();
  return (limit, value) => {
    const last = said.get(limit);
    if (last !== undefined && now() - last < EVERY_MS) return;
    said.set(limit, now());
    log.warn({ limit, value, flag: FLAGS[limit] }, 'proxy: a limit is reached');
  };
}
