import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { API_CA } from '../config/flags.js';
import { UsageError } from '../config/parse.js';
import { realTime } from '../net/clock.js';
import { readEdgeCa } from './edge-ca.js';

/** How to ask: the values of the flags `--api-token` and `--cacert`. */
export interface Asking {
  readonly 'api-token': string;
  readonly cacert: string;
  /** Why the credential is not the one that a start on this machine keeps; null when it is, or another one was given. */
  readonly withoutToken?: string | null;
}

/** `host_refused` and `test_control_off` of the API's errors: no credential would help. */
const NOT_THE_CREDENTIAL: readonly number[] = [10_403, 10_405];
const PATIENCE_MS = 5_000;

/** A GET unless it says otherwise. `patienceMs`: milliseconds that the answer may take, 5,000 unless told. */
export interface Question {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly body?: string;
  /** Of the body; JSON unless told. */
  readonly type?: string;
  readonly patienceMs?: number;
}

/** What a running Offramp answers. Throws UsageError when there is no answer, or when it is a refusal. */
export async function ask(
  url: string,
  asking: Asking,
  question: Question = {},
): Promise<Record<string, unknown>> {
  const where = url.split('?')[0]!;
  const answer = await send(url, asking, question).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `${where} does not answer (${error.message}); start Offramp, or name it with --api-url${hint(where, error)}`,
    );
  });
  const body = parse(answer.text);
  if (answer.status >= 200 && answer.status < 300) return body;
  const [error] = (body.errors ?? []) as readonly {
    readonly code: number;
    readonly message: string;
  }[];
  if (answer.status === 403 && !NOT_THE_CREDENTIAL.includes(error?.code ?? 0))
    throw new UsageError(
      `${where} refuses the credential; give --api-token${asking.withoutToken ? ` (${asking.withoutToken})` : ''}`,
    );
  throw new UsageError(`${where} answered ${answer.status}${error ? `: ${error.message}` : ''}`);
}

async function send(
  url: string,
  { 'api-token': token, cacert }: Asking,
  { method = 'GET', body, type = 'application/json', patienceMs = PATIENCE_MS }: Question,
) {
  const options = {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    },
    agent: false,
    signal: realTime.signal(patienceMs),
  };
  const request = url.startsWith('https:')
    ? https.request(url, { ...options, ca: trusted(cacert) })
    : http.request(url, options);
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // From here on the response tells that it has broken off.
  request.on('error', () => {});
  return { status: response.statusCode!, text: await text(response) };
}

/** The file is there only where an Offramp has its data, so the default may be missing. */
function trusted(file: string): string[] {
  try {
    return [...tls.rootCertificates, readEdgeCa(file)];
  } catch (error) {
    if (file === API_CA) return [...tls.rootCertificates];
    throw new UsageError(`--cacert: ${(error as Error).message}`);
  }
}

function parse(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/** What the way of the failure says about the mistake behind it. */
function hint(where: string, { code = '' }: NodeJS.ErrnoException): string {
  if (where.startsWith('http:') && code === 'ECONNRESET') return '; with --api-tls its address is https://…';
  if (/CERT|SIGNATURE|ALTNAME/.test(code)) return '; --cacert takes the CA that signed its certificate';
  return '';
}
