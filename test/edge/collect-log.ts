import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

export interface CollectedLog {
  readonly log: Logger;
  /** JSON, one text for each line, from `info` on. */
  readonly lines: string[];
}

export function collectLog(): CollectedLog {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: pino({ level: 'info' }, stream), lines };
}
