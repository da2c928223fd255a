import { METHODS } from 'node:http';

/** Heads that are nearly right, in the ways in which parsers disagree. */
export interface RandomRequests {
  /** Latin1: one request, perhaps with a second one behind it. */
  next(): string;
}

const TARGETS = ['/', '/a?b=c', '/a%20b', '/%00', '//x', '/a b', '/\t', '/é', '/#x', '*', 'x', 'http:/x'];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'http/1.1',
  '',
];
const FIELDS = [
  'Content-Length: 5',
  'Content-Length: 5',
  'Content-Length: 05',
  'Content-Length: 4',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 5 ',
  'Content-Length : 5',
  'Content-Length: 0x5',
  'Content_Length: 5',
  'Content-Length:\t5',
  'Content-Length: 18446744073709551621',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: chunked\x00',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: xchunked',
  'TE: trailers',
  'Connection: close',
  'Connection: keep-alive, Content-Length',
  'Connection: Transfer-Encoding',
  'Connection: Host, X-A',
  'Host: other.example.com',
  'Host: app.example.com',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'X-A: 1',
  'X-A: 1\r\n 2',
  'X-A: 1\r\n\t2',
  'X A: 1',
  ': 1',
  'X-A',
  'X-A: \xff',
  'X-\xe9: 1',
  'X-A: a\rb',
  'X-A: a\nb',
  'X-A: a\x00b',
  'X-A: "a',
  'X-A:',
];
const BODIES = [
  '',
  'hello',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;x=y\r\nhello\r\n0\r\n\r\n',
  '05\r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '5\nhello\n0\n\n',
  '5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
  '5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n',
  '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
  '5\r\nhello\r\n0\r\nHost: b\r\n\r\n',
  '5\r\nhello\r\n0\r\nX T: 1\r\n\r\n',
  '5\r\nhelloX\r\n0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  'fffffffffffffffff\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
];
const NASTY = [
  '\r',
  '\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '\x0b',
  '\x7f',
  '\xff',
  '0',
  'x',
  '\r\n',
  '\r\n\r\n',
];
const METHODS_USED = ['GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'CONNECT'];

export function randomRequests(random: () => number, host: string): RandomRequests {
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const target = () => (random() < 0.7 ? one(['/', '/a?b=c', `http://${host}/x`]) : one(TARGETS));
  const lineEnd = () => (random() < 0.97 ? '\r\n' : one(['\n', '\r', '\r\r\n', '\n\r']));

  function request(): string {
    const space = () => (random() < 0.97 ? ' ' : one(['  ', '\t', '']));
    const first = `${one(METHODS_USED)}${space()}${target()}${space()}${random() < 0.8 ? 'HTTP/1.1' : one(VERSIONS)}`;
    const fields = Array.from({ length: below(4) }, () => one(FIELDS));
    if (random() < 0.95) fields.splice(below(fields.length + 1), 0, `Host: ${host}`);
    return [first, ...fields].map((line) => line + lineEnd()).join('') + lineEnd() + one(BODIES);
  }

  function mutated(text: string): string {
    const at = below(text.length);
    return text.slice(0, at) + one(NASTY) + text.slice(at + below(3));
  }

  return {
    next() {
      let text = request();
      while (random() < 0.35) text = mutated(text);
      return random() < 0.4 ? text + request() : text;
    },
  };
}

/** Ours forwards every method, Node's parser knows a list: the one difference that is wanted. */
export function hasForeignMethod(text: string): boolean {
  return text
    .split(/\r?\n/)
    .some((line) => / HTTP\/1\.[01]$/.test(line) && !METHODS.includes(line.slice(0, line.indexOf(' '))));
}
