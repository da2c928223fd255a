import { type Logger, pino } from 'pino';
import type { RequestReport } from '../../bridge/reports.js';
import { realTime } from '../../net/clock.js';
import type { RequestSink } from './request-record.js';

/** A line for each request that is over, written behind the traffic's back. */
export interface AccessLog extends RequestSink {
  /** Lines so far: those that were taken, and those for which there was no room since what takes them is slow. */
  readonly counts: { readonly written: number; readonly dropped: number };
  /** Goes on in a new file of the same name: the old one was moved. Nothing is lost. Standard output stays. */
  reopen(): void;
  /** Writes what waits, for `graceMs` at most. */
  close(graceMs: number): Promise<void>;
}

/** Bytes that wait for a slow disk or reader; beyond that lines are left out. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Bytes that are written at once, and how long fewer of them wait. */
const WRITE_BYTES = 8 * 1024;
const WRITE_MS = 100;
/** For the group to read, as far as the process lets it. */
const MODE = 0o640;
const TELL_EVERY_MS = 60_000;

type Destination = ReturnType<typeof pino.destination>;

/** `file`: null is standard output. What goes wrong with it is told once a minute, and harms no request. */
export function createAccessLog(
  file: string | null,
  log: Pick<Logger, 'error' | 'info'>,
  { maxWaitingBytes = MAX_WAITING_BYTES } = {},
): AccessLog {
  const counts = { written: 0, dropped: 0 };
  let toldAt = Number.NEGATIVE_INFINITY;
  /** Something may wait that nobody would write without being told to. */
  let due = false;
  let current = open();
  let closing = false;
  let reopening: 'no' | 'once' | 'again' = 'no';

  function open(): Destination {
    const opened = pino.destination({
      dest: file ?? 1,
      sync: false,
      minLength: WRITE_BYTES,
      maxLength: maxWaitingBytes,
      mode: MODE,
    });
    opened.on('drop', () => {
      counts.dropped += 1;
      counts.written -= 1;
    });
    // Fewer bytes than are written at once may have come meanwhile.
    opened.on('write', (bytes) => {
      if (bytes > 0) due = true;
    });
    opened.on('error', (error: Error) => {
      due = true;
      tell(error);
    });
    return opened;
  }

  const stopFlushing = realTime.every(WRITE_MS, () => {
    if (!due) return;
    due = false;
    current.flush();
  });

  function tell(error: Error): void {
    if (realTime.monotonic() - toldAt < TELL_EVERY_MS) return;
    toldAt = realTime.monotonic();
    log.error(
      { err: error, file: file ?? 'stdout' },
      'the access log cannot be written; lines wait, then they are lost',
    );
  }

  function reopen(): void {
    if (file === null || closing) return;
    // The file that is being opened may have been moved already.
    reopening = reopening === 'no' ? 'once' : 'again';
    if (reopening === 'again') return;
    // Beside the old one, which goes on until the new one is there, and where what still waits belongs.
    const next = open();
    const done = () => {
      const again = reopening === 'again';
      reopening = 'no';
      if (again) reopen();
    };
    next.once('error', done);
    next.once('ready', () => {
      next.off('error', done);
      if (closing) return next.end();
      const old = current;
      current = next;
      old.end();
      log.info({ file }, 'the access log was opened anew');
      done();
    });
  }

  return {
    get counts() {
      return counts;
    },
    add(report) {
      if (closing) return;
      counts.written += 1;
      due = true;
      current.write(accessLine(report));
    },
    reopen,
    async close(graceMs) {
      closing = true;
      stopFlushing();
      const closed = new Promise<void>((resolve) => {
        for (const event of ['close', 'finish', 'error'] as const) current.once(event, () => resolve());
      });
      current.end();
      const cancel = new AbortController();
      await Promise.race([
        closed,
        realTime.wait(graceMs, { keepsAlive: true, signal: cancel.signal }).catch(() => {}),
      ]);
      cancel.abort();
    },
  };
}

/** One request as a line of the access log: JSON with a line feed. Names are those of the log of requests where it has the same. */
function accessLine(report: RequestReport): string {
  const { pool, origin, offRamp } = report;
  const line = {
    time: new Date(report.at).toISOString(),
    ray: report.ray,
    client_ip: report.clientIp,
    method: report.method,
    host: report.host,
    path: report.path,
    status: report.status,
    response_bytes: report.responseBytes,
    duration_ms: report.durationMs,
    first_byte_ms: report.firstByteMs,
    load_balancer: report.loadBalancer?.name ?? null,
    published_hostname: report.publishedHostname?.name ?? null,
    pool: pool?.name ?? null,
    origin: origin?.name ?? null,
    address: origin?.address ?? null,
    off_ramp: offRamp?.kind ?? null,
    tunnel_id: offRamp?.tunnelId ?? null,
    reason: report.error,
    detail: report.detail,
    failed_attempts: report.failedAttempts.map(({ pool, origin, failure }) => ({ pool, origin, failure })),
  };
  return `${JSON.stringify(line)}\n`;
}
