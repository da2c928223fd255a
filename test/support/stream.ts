import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** How one request of a stream has ended. */
export interface StreamAnswer {
  /** Its place among those that were sent, from 0. */
  readonly number: number;
  /** The client that sent it. */
  readonly lane: number;
  /** What the body says: the name of an origin or a fixed response. Null when Offramp answered with an error, or nobody. */
  readonly by: string | null;
  /** The status, the number behind `error code:` of Offramp's own errors, or why there was no answer: `ECONNREFUSED`. */
  readonly code: number | string;
}

export interface Tally {
  readonly sent: number;
  /** How many each one has answered, with a status below 400. */
  readonly answered: Readonly<Record<string, number>>;
  /** How many have failed with each code, whoever answered. */
  readonly failed: Readonly<Record<string, number>>;
  /** Answers below 400 that came from somebody else than the one before to the same client. */
  readonly moved: number;
}

/** Clients that ask again and again, each as soon as it has been answered, until the test is over. */
export interface Stream {
  /** In the order in which they came. */
  readonly answers: readonly StreamAnswer[];
  /** How many requests were sent: as an argument of `tally` it means all that are sent from this moment on. */
  readonly sent: number;
  readonly inFlight: number;
  /** Resolves when so many of the requests sent from now on were answered by this one, or failed with this code. */
  until(count: number, by: string | number): Promise<void>;
  /** Resolves when each client was answered by this one, to a request sent from now on. */
  everyone(by: string): Promise<void>;
  /** Resolves when a request of each client that was sent from now on has ended, and so all that are in flight now. */
  round(): Promise<void>;
  /** Of the requests with a number of `since` or more, those that have ended. */
  tally(since?: number): Tally;
  /** Who has answered each client last, by lane. */
  lastBy(): readonly (string | null)[];
  /** Lets what is in flight end, and counts everything. */
  end(): Promise<Tally>;
}

/** One client of a stream: asks for one thing at a time and never throws. */
export interface StreamClient {
  ask(): Promise<Pick<StreamAnswer, 'by' | 'code'>>;
  /** Ends what is open, at once. */
  close(): void;
}

/** Between two requests of a client: a stream shall not starve those whose work it watches. */
const BREATH_MS = 2;
/** A stream that nobody ends. */
const MAX_REQUESTS = 50_000;
const WAIT_MS = 25_000;

/** Runs so many clients, until `end` or the end of the test; `what` is told when they do not see what is waited for. */
export function runStream(what: string, lanes: number, openClient: (lane: number) => StreamClient): Stream {
  const answers: StreamAnswer[] = [];
  const open = new Set<number>();
  const checks = new Set<() => void>();
  const clients: StreamClient[] = [];
  let sent = 0;
  let ending = false;

  async function runLane(lane: number): Promise<void> {
    const client = openClient(lane);
    clients.push(client);
    while (!ending && sent < MAX_REQUESTS) {
      const number = sent++;
      open.add(number);
      const { by, code } = await client.ask();
      open.delete(number);
      answers.push({ number, lane, by, code });
      for (const check of [...checks]) check();
      await pause(BREATH_MS);
    }
    client.close();
  }

  const tally = (since = 0) => tallyOf(answers.filter(({ number }) => number >= since));

  /** Resolves when `done` says so after an answer. */
  function wait(done: () => boolean, wanted: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        checks.delete(check);
        end();
      };
      const check = () => {
        if (done()) settle(resolve);
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${what} has not seen ${wanted}: ${seen()}`))),
        WAIT_MS,
      );
      checks.add(check);
      check();
    });
  }
  /** A condition that looks once at each answer to the requests sent from now on, and holds with the first that fulfils it. */
  function fromNowOn(enough: (answer: StreamAnswer) => boolean): () => boolean {
    const from = sent;
    let next = answers.length;
    return () => {
      while (next < answers.length) {
        const answer = answers[next++]!;
        if (answer.number >= from && enough(answer)) return true;
      }
      return false;
    };
  }
  function eachLane(fits: (answer: StreamAnswer) => boolean): () => boolean {
    const found = new Set<number>();
    return fromNowOn((answer) => {
      if (fits(answer)) found.add(answer.lane);
      return found.size === lanes;
    });
  }

  const seen = () => `${JSON.stringify(tally())}, and ${open.size} in flight`;

  const running = Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  onTestFinished(async () => {
    ending = true;
    for (const client of clients) client.close();
    await running;
  });

  return {
    answers,
    get sent() {
      return sent;
    },
    get inFlight() {
      return open.size;
    },
    until(count, by) {
      let found = 0;
      const done = fromNowOn((answer) => {
        if (answer.by === by || answer.code === by) found += 1;
        return found >= count;
      });
      return wait(done, `${count} more of ${by}`);
    },
    everyone: (by) =>
      wait(
        eachLane((answer) => answer.by === by),
        `an answer of ${by} to each client`,
      ),
    round: () =>
      wait(
        eachLane(() => true),
        'one more answer to each client',
      ),
    tally,
    lastBy() {
      const last = new Map(answers.map(({ lane, by }) => [lane, by]));
      return Array.from({ length: lanes }, (_, lane) => last.get(lane) ?? null);
    },
    async end() {
      ending = true;
      await running;
      return tally();
    },
  };
}

function tallyOf(answers: readonly StreamAnswer[]): Tally {
  const answered: Record<string, number> = {};
  const failed: Record<string, number> = {};
  const lastBy = new Map<number, string>();
  let moved = 0;
  for (const { lane, by, code } of answers) {
    if (by === null || typeof code === 'string' || code >= 400) {
      failed[code] = (failed[code] ?? 0) + 1;
      continue;
    }
    answered[by] = (answered[by] ?? 0) + 1;
    if ((lastBy.get(lane) ?? by) !== by) moved += 1;
    lastBy.set(lane, by);
  }
  return { sent: answers.length, answered, failed, moved };
}

export interface StreamOptions {
  /** Clients, each with one connection and one request at a time: so many are in flight. */
  readonly lanes?: number;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each client keeps the session cookie that it gets. */
  readonly sessions?: boolean;
  /** The address of each client; all have the same one otherwise. */
  readonly addressOf?: (lane: number) => string;
}

/** GET requests to the proxy at `address` for the load balancer `host`. */
export function startStream(
  address: string,
  host: string,
  { lanes = 4, ...options }: StreamOptions = {},
): Stream {
  return runStream(`the stream to ${host}`, lanes, (lane) => httpClient(address, host, lane, options));
}

function httpClient(
  address: string,
  host: string,
  lane: number,
  { path = '/', headers = {}, sessions = false, addressOf }: Omit<StreamOptions, 'lanes'>,
): StreamClient {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const [hostname, port] = address.split(':');
  const local = addressOf ? { localAddress: addressOf(lane) } : {};
  let cookie: string | undefined;
  return {
    ask: () =>
      new Promise((resolve) => {
        const fail = (error: NodeJS.ErrnoException) =>
          resolve({ by: null, code: error.code ?? error.message });
        const carried = cookie === undefined ? {} : { cookie };
        const request = http.get(
          { hostname, port, path, agent, ...local, headers: { host, ...headers, ...carried } },
          (response) => {
            let body = '';
            response.setEncoding('utf8');
            response.on('data', (piece: string) => {
              body += piece;
            });
            response.on('end', () => {
              if (sessions) cookie = sessionCookie(response) ?? cookie;
              resolve(answerOf(response.statusCode!, body));
            });
            response.on('error', fail);
          },
        );
        request.on('error', fail);
      }),
    close: () => agent.destroy(),
  };
}

const sessionCookie = ({ headers }: http.IncomingMessage) =>
  headers['set-cookie']?.find((field) => field.startsWith('__cflb='))?.split(';')[0];

/** Tells Offramp's own errors from what origins say. */
export function answerOf(status: number, body: string): Pick<StreamAnswer, 'by' | 'code'> {
  const own = /^error code: (\d+)\n/.exec(body);
  return own ? { by: null, code: Number(own[1]) } : { by: body, code: status };
}
