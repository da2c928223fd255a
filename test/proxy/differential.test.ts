import http from 'node:http';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { seededRandom } from '../steering/seeded-random.js';
import { httpOrigin } from './fake-origin.js';
import { hasForeignMethod, randomRequests } from './random-requests.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

/** One request as a server understood it; `body` is null while its end has not come. */
interface Understood {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  body: string | null;
}

function bare({ method, url, headers }: http.IncomingMessage): Omit<Understood, 'body'> {
  // The proxy drops a fragment.
  const target = url!.replace(/#.*/, '');
  const absolute = /^http:\/\/([^/?]*)(.*)$/i.exec(target);
  if (!absolute) return { method: method!, target, host: headers.host ?? '' };
  // The authority of an absolute target counts, whatever Host says (RFC 9112, section 3.2.2).
  const rest = absolute[2]!;
  return { method: method!, target: rest.startsWith('/') ? rest : `/${rest}`, host: absolute[1]! };
}

const percentEncoded = (byte: string) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;

function understand(request: http.IncomingMessage, into: Understood[]): void {
  const understood: Understood = { ...bare(request), body: null };
  into.push(understood);
  let body = '';
  request.setEncoding('latin1');
  request.on('data', (chunk) => (body += chunk));
  request.on('error', () => {});
  request.on('end', () => (understood.body = body));
}

/** What Node's own parser makes of these bytes, in the order in which it understood them. */
async function byNode(bytes: string): Promise<Understood[]> {
  const requests: Understood[] = [];
  const answer = (request: http.IncomingMessage, response: http.ServerResponse) => {
    understand(request, requests);
    response.end();
  };
  const server = http.createServer({ insecureHTTPParser: false }, answer);
  server.on('checkContinue', answer);
  server.on('checkExpectation', answer);
  // Left open: what was understood before the mistake still ends.
  server.on('clientError', () => {});
  // Node hands these over without an answer; ours answers, so they count as understood.
  for (const kind of ['upgrade', 'connect'] as const)
    server.on(kind, (request, socket) => {
      if (kind === 'upgrade') requests.push({ ...bare(request), body: '' });
      socket.destroy();
    });
  // Node refuses raw bytes in a target, which the proxy encodes.
  const encoded = bytes.replace(
    /^([^ \r\n]+ )([^ \r\n]*)(?= HTTP)/gm,
    (_line, method: string, target: string) => {
      return method + target.replace(/[\x80-\xff]/g, percentEncoded);
    },
  );
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  socket.on('error', () => {});
  server.emit('connection', socket);
  socket.push(Buffer.from(encoded, 'latin1'));
  // Parsing and the events behind it take a few turns; nothing here waits for a clock.
  for (let turn = 0; turn < 12; turn++) await new Promise(setImmediate);
  socket.destroy();
  return requests;
}

const SEED = Number(process.env.OFFRAMP_FUZZ_SEED ?? 20_261_121);
const CASES = Number(process.env.OFFRAMP_FUZZ_CASES ?? 1_500);
const AT_ONCE = 16;

test('whatever Node refuses is never forwarded, and what is forwarded is what Node understood', async () => {
  const requests = randomRequests(seededRandom(SEED), HOST);
  let forwardedInAll = 0;

  async function worker(cases: string[]): Promise<void> {
    const forwarded: Understood[] = [];
    const origin = await httpOrigin((request, response) => {
      understand(request, forwarded);
      request.on('end', () => response.end('ok'));
    });
    const rig = await startRig({
      origins: [origin.port],
      timeouts: { clientHead: 120, bodyIdle: 120, clientIdle: 120, linger: 20, originHead: 400 },
    });
    for (const bytes of cases) {
      forwarded.length = 0;
      const client = await rawClient(rig.port);
      client.send(bytes);
      await client.closed();
      const expected = await byNode(bytes);
      const quoted = JSON.stringify(bytes);
      for (const [index, { body, ...head }] of forwarded.entries()) {
        const { body: nodeBody = null, ...nodeHead } = expected[index] ?? {};
        expect(nodeHead, `request ${index} of ${quoted}`).toEqual(head);
        if (body !== null) expect(nodeBody, `body ${index} of ${quoted}`).toBe(body);
      }
      forwardedInAll += forwarded.length;
    }
  }

  const cases = Array.from({ length: CASES }, () => requests.next()).filter(
    (bytes) => !hasForeignMethod(bytes),
  );
  const share = Math.ceil(cases.length / AT_ONCE);
  const done = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, (_, index) => worker(cases.slice(index * share, (index + 1) * share))),
  );
  expect(done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toEqual([]);
  // Otherwise nothing has been compared.
  expect(forwardedInAll).toBeGreaterThan(CASES / 10);
}, 120_000);
