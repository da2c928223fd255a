import type { IncomingHttpHeaders } from 'node:http2';
import type { Clock } from '../net/clock.js';
import { CODE } from '../tunnel/h2/errors.js';
import type { Http2Stream } from '../tunnel/h2/stream.js';
import { type ConfigurationAnswer, parseConfigurationAnswer } from './configuration-answer.js';
import type { Connection } from './connection.js';

/** How one request to take over a configuration ended. */
export type ConfigurationOutcome =
  | { readonly kind: 'answered'; readonly answer: ConfigurationAnswer }
  /** The connector has spoken, and not as one does that knows configurations. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody knows whether the connector has heard of it. */
  | { readonly kind: 'lost'; readonly reason: string };

const MAX_ANSWER_BYTES = 64 * 1024;

const HEADERS = {
  ':method': 'POST',
  ':scheme': 'http',
  ':path': '/',
  ':authority': 'h2.cftunnel.com',
  'cf-cloudflared-proxy-connection-upgrade': 'update-configuration',
};

/** Sends one configuration (`{"version":1,"config":{}}`) over a connection. Never rejects. */
export function requestConfiguration(
  connection: Connection,
  body: Buffer,
  { real, timeoutMs }: { readonly real: Clock; readonly timeoutMs: number },
): Promise<ConfigurationOutcome> {
  return new Promise((resolve) => {
    let stream: Http2Stream | undefined;
    const cancelTimeout = real.after(timeoutMs, () => {
      finish({ kind: 'lost', reason: `did not answer within ${timeoutMs} ms` });
      connection.probeLiveness();
    });

    function finish(outcome: ConfigurationOutcome): void {
      cancelTimeout();
      resolve(outcome);
      // A stream that both ends have ended closes by itself, and peers count resets.
      const ended = outcome.kind === 'answered' && stream?.writableFinished;
      if (stream && !stream.closed && !ended) stream.close(CODE.CANCEL);
    }

    const lost = (reason: string) => finish({ kind: 'lost', reason });
    const refused = (reason: string) => finish({ kind: 'refused', reason });
    try {
      // A connector that goes needs no configuration any more.
      stream = connection.open(HEADERS, { onDraining: () => lost('is going'), onLost: lost });
    } catch (error) {
      return lost(`could not be asked: ${(error as Error).message}`);
    }
    readAnswer(stream, {
      refused,
      lost,
      answered: (answer) => finish({ kind: 'answered', answer }),
    });
    stream.end(body);
  });
}

interface AnswerHandlers {
  answered(answer: ConfigurationAnswer): void;
  refused(reason: string): void;
  lost(reason: string): void;
}

/** The first handler that is called tells how it ended; those that follow mean nothing. */
function readAnswer(stream: Http2Stream, { answered, refused, lost }: AnswerHandlers): void {
  const chunks: Buffer[] = [];
  let status: number | undefined;
  let length = 0;
  stream.on('response', (headers: IncomingHttpHeaders & { ':status'?: number }) => {
    status = headers[':status'];
    if (status !== 200) refused(`answered with status ${status}`);
  });
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) return refused(`answered with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  });
  stream.once('end', () => {
    if (status === undefined) return;
    const answer = parseConfigurationAnswer(Buffer.concat(chunks));
    if (answer) answered(answer);
    else refused('answered with something that is no {"lastAppliedVersion":N,"err":…}');
  });
  stream.on('error', (error) => lost(`could not be asked: ${error.message}`));
  stream.once('close', () => lost('reset the stream'));
}
