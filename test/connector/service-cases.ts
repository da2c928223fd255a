import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';
import { cleanUpLater, until } from '../edge/fixture.js';
import { ask, readAnswer } from './bare-edge.js';

/** What services do, and what becomes of it at the edge: measured with cloudflared 2026.8.2, which `differential.test.ts` repeats. */

const OK = 'HTTP/1.1 200 OK\r\n';
const TWO = 'Content-Length: 2\r\n\r\nok';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n`;
const LAST_CHUNKS = '\r\n2\r\nok\r\n0\r\n\r\n';

/** What a client of the edge sees: a status and a body, perhaps cut off; or 502, when the connector has nothing to pass on. */
type Outcome = '502' | `${number} "${string}"` | `${number} "${string}" cut off`;

export interface ServiceCase {
  readonly answer: string;
  /** What the service does when it has written its answer. */
  readonly afterwards?: 'ends' | 'resets';
  readonly method?: string;
  readonly outcome: Outcome;
  /** Of our connector, where it is another one; with the reason. */
  readonly ours?: Outcome;
}

export const SERVICE_CASES: readonly (readonly [name: string, what: ServiceCase])[] = [
  // Where a body ends.
  ['as many bytes as its length', { answer: OK + TWO, outcome: '200 "ok"' }],
  ['more bytes than its length', { answer: `${OK}Content-Length: 1\r\n\r\nok`, outcome: '200 "o"' }],
  ['fewer bytes than its length', { answer: `${OK}Content-Length: 5\r\n\r\nok`, outcome: '502' }],
  ['no byte of its length', { answer: `${OK}Content-Length: 5\r\n\r\n`, outcome: '502' }],
  [
    'fewer bytes than its length, and a reset',
    { answer: `${OK}Content-Length: 5\r\n\r\nok`, afterwards: 'resets', outcome: '502' },
  ],
  [
    'fewer bytes than its length, of a stream of events',
    {
      answer: `${OK}Content-Type: text/event-stream\r\nContent-Length: 5\r\n\r\nok`,
      outcome: '200 "ok" cut off',
    },
  ],
  ['a body that its end ends', { answer: `${OK}\r\nok`, outcome: '200 "ok"' }],
  [
    'a body that its end ends, and a reset',
    { answer: `${OK}\r\nok`, afterwards: 'resets', outcome: '200 "ok" cut off' },
  ],
  ['a chunk that is cut off', { answer: `${CHUNKED}\r\n5\r\nok`, outcome: '200 "ok" cut off' }],
  ['no last chunk', { answer: `${CHUNKED}\r\n2\r\nok\r\n`, outcome: '200 "ok" cut off' }],
  [
    'no blank line behind its chunks',
    { answer: `${CHUNKED}\r\n2\r\nok\r\n0\r\n`, outcome: '200 "ok" cut off' },
  ],
  ['no chunk at all', { answer: `${CHUNKED}\r\n`, outcome: '200 "" cut off' }],
  ['a chunk without a size', { answer: `${CHUNKED}\r\nzz\r\nok\r\n0\r\n\r\n`, outcome: '200 "" cut off' }],
  ['chunks with extensions', { answer: `${CHUNKED}\r\n2;a=b\r\nok\r\n0\r\n\r\n`, outcome: '200 "ok"' }],
  ['half a head', { answer: `${OK}Content-`, outcome: '502' }],
  ['nothing', { answer: '', outcome: '502' }],
  // What tells where it ends.
  [
    'a coding in capitals',
    { answer: `${OK}Transfer-Encoding: Chunked\r\n${LAST_CHUNKS}`, outcome: '200 "ok"' },
  ],
  ['another transfer coding', { answer: `${OK}Transfer-Encoding: gzip\r\n\r\nok`, outcome: '502' }],
  [
    'two transfer codings',
    { answer: `${OK}Transfer-Encoding: gzip, chunked\r\n${LAST_CHUNKS}`, outcome: '502' },
  ],
  [
    'a transfer coding twice',
    { answer: `${CHUNKED}Transfer-Encoding: chunked\r\n${LAST_CHUNKS}`, outcome: '502' },
  ],
  ['a length with zeros in front', { answer: `${OK}Content-Length: 0002\r\n\r\nok`, outcome: '200 "ok"' }],
  ['a list of lengths', { answer: `${OK}Content-Length: 2, 2\r\n\r\nok`, outcome: '502' }],
  ['two lengths', { answer: `${OK}Content-Length: 3\r\n${TWO}`, outcome: '502' }],
  ['a length with a sign', { answer: `${OK}Content-Length: +2\r\n\r\nok`, outcome: '502' }],
  ['an empty length', { answer: `${OK}Content-Length: \r\n\r\nok`, outcome: '502' }],
  // Both are ambiguous, and refused by the parser that our connector has.
  ['the same length twice', { answer: `${OK}Content-Length: 2\r\n${TWO}`, outcome: '200 "ok"', ours: '502' }],
  [
    'a length and chunks',
    { answer: `${CHUNKED}Content-Length: 9\r\n${LAST_CHUNKS}`, outcome: '200 "ok"', ours: '502' },
  ],
  // Answers without a body.
  [
    'a length, asked by HEAD',
    { answer: `${OK}Content-Length: 20\r\n\r\n`, method: 'HEAD', outcome: '200 ""' },
  ],
  ['chunks, asked by HEAD', { answer: `${CHUNKED}\r\n`, method: 'HEAD', outcome: '200 ""' }],
  ['a body, asked by HEAD', { answer: OK + TWO, method: 'HEAD', outcome: '200 ""' }],
  ['nothing, asked by HEAD', { answer: '', method: 'HEAD', outcome: '502' }],
  [
    '304 with a length',
    { answer: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', outcome: '304 ""' },
  ],
  // Statuses.
  ['100 first', { answer: `HTTP/1.1 100 Continue\r\n\r\n${OK}${TWO}`, outcome: '200 "ok"' }],
  ['102 first', { answer: `HTTP/1.1 102 Processing\r\n\r\n${OK}${TWO}`, outcome: '200 "ok"' }],
  ['103 first', { answer: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}${TWO}`, outcome: '200 "ok"' }],
  ['100 and no more', { answer: 'HTTP/1.1 100 Continue\r\n\r\n', outcome: '502' }],
  [
    // Whether bytes behind it come along is up to chance in cloudflared, and they never do from ours.
    '101 that nobody has asked for',
    {
      answer: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      outcome: '200 ""',
    },
  ],
  // It says nothing of a protocol; cloudflared finds that out when it has sent a 200.
  [
    '101 without a protocol',
    { answer: 'HTTP/1.1 101 Switching Protocols\r\n\r\n', outcome: '200 "" cut off', ours: '502' },
  ],
  ['a status of four digits', { answer: `HTTP/1.1 2000 OK\r\n${TWO}`, outcome: '502' }],
  ['a status of two digits', { answer: `HTTP/1.1 20 OK\r\n${TWO}`, outcome: '502' }],
  ['a status below 100', { answer: `HTTP/1.1 099 Low\r\n${TWO}`, outcome: '502' }],
  ['a status above 599', { answer: `HTTP/1.1 600 High\r\n${TWO}`, outcome: '600 "ok"' }],
  ['no reason', { answer: `HTTP/1.1 200\r\n${TWO}`, outcome: '200 "ok"' }],
  // Fields.
  ['a field without a colon', { answer: `${OK}X-A\r\n${TWO}`, outcome: '502' }],
  ['a field without a name', { answer: `${OK}: a\r\n${TWO}`, outcome: '502' }],
  ['a control character in a field', { answer: `${OK}X-A: a\x01b\r\n${TWO}`, outcome: '502' }],
  // What RFC 9112 takes out of the grammar: our connector's parser refuses it.
  ['a folded field', { answer: `${OK}X-A: a\r\n b\r\n${TWO}`, outcome: '200 "ok"', ours: '502' }],
  ['a blank before a colon', { answer: `${OK}X-A : a\r\n${TWO}`, outcome: '200 "ok"', ours: '502' }],
  [
    'lines that end in LF',
    { answer: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', outcome: '200 "ok"', ours: '502' },
  ],
];

/** `:path` of a request, and what the service is asked for; null when it is not asked. */
export const TARGETS: readonly (readonly [target: string, sent: string | null])[] = [
  ['/a%2Fb%2fc', '/a%2Fb%2fc'],
  ['/%41%7E%C3%A9%00%0d%25', '/%41%7E%C3%A9%00%0d%25'],
  ['/%2e%2e/b', '/%2e%2e/b'],
  ['/a//b', '/a//b'],
  ['//a', '//a'],
  ['/a/../b', '/a/../b'],
  ['/./a', '/./a'],
  ['*', '*'],
  ["/-_.~$&+,;=:@!'()*[]", "/-_.~$&+,;=:@!'()*[]"],
  // Go has no place for these in a path.
  ['/a"b', '/a%22b'],
  ['/<>\\^`{|}', '/%3C%3E%5C%5E%60%7B%7C%7D'],
  ['/caf\xe9', '/caf%E9'],
  ['/caf\xc3\xa9', '/caf%C3%A9'],
  ['/a b', '/a%20b'],
  ['/a#b', '/a%23b'],
  // One of them, and all of the path is decoded and escaped anew.
  ['/a%2Fb|%41', '/a/b%7CA'],
  ["/|!'()*[]%3F", '/%7C%21%27%28%29%2A%5B%5D%3F'],
  // A query is nobody's business.
  ['/a?', '/a?'],
  ['/?', '/?'],
  ['/a?b?c', '/a?b?c'],
  ['/a?b=%zz&c=|"<>^`{}[]#\xe9', '/a?b=%zz&c=|"<>^`{}[]#\xe9'],
  ['/|?b=|', '/%7C?b=|'],
  ['/%zz', null],
  ['/a%', null],
  ['/a%4', null],
  ['a', null],
  ['http://a.example.com/b', null],
];

/** A service that answers each request with the same bytes, and the request lines that it gets. */
export async function scriptedService() {
  let script: Pick<ServiceCase, 'answer' | 'afterwards'> = { answer: OK + TWO };
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (bytes) => {
      lines.push(bytes.toString('latin1').split('\r\n', 1)[0]!);
      play(socket, script);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lines,
    /** No connection is left that a connector may take for the next request in the moment in which it closes. */
    closed: () => until(() => sockets.size === 0),
    play(next: Pick<ServiceCase, 'answer' | 'afterwards'>) {
      script = next;
    },
  };
}

function play(
  socket: Socket,
  { answer: text, afterwards = 'ends' }: Pick<ServiceCase, 'answer' | 'afterwards'>,
): void {
  if (afterwards === 'ends') socket.end(text, 'latin1');
  // The peer must have read it: a reset overtakes what is still on its way.
  else socket.write(text, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 100));
}

/** What a client of the edge would see of a request. */
export async function outcomeOf(session: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<string> {
  const stream = ask(session, { 'user-agent': 'test', ...headers }, { endStream: true });
  // Rejects when the stream is reset before it has a head.
  const answer = await readAnswer(stream).catch(() => null);
  if ((answer?.meta as { src?: string } | undefined)?.src !== 'origin') return '502';
  return `${answer!.status} "${answer!.body.toString('latin1')}"${answer!.rstCode === 0 ? '' : ' cut off'}`;
}
