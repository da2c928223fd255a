import { canonicalAuthority, canonicalHost } from '../../net/hostnames.js';
import { isGrpc } from '../grpc.js';
import { everyCharacter, FIELD_VALUE, TARGET, TOKEN } from '../head/characters.js';
import { headTooLong, Malformed } from '../head/malformed.js';
import { type RequestHead, readRequestHead } from '../head/request-head.js';
import type { HeadLimits } from '../limits.js';

/** RFC 9113 section 8.2.2: a request with one of them is malformed. */
const CONNECTION_SPECIFIC = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
/** Methods whose content is expected: without any, its length is told. */
const WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);

interface Pseudo {
  ':method'?: string;
  ':scheme'?: string;
  ':authority'?: string;
  ':path'?: string;
}

/**
 * The head in `rawHeaders` (names and values in turn, as they came) in the shape that the HTTP/1.1 parser makes, by that
 * very parser: one set of rules decides what goes on, whatever the client speaks. Before it sees them, every character
 * is checked, so that nothing in a name or value can become a line of its own.
 * `ends`: no body follows. Throws Malformed.
 */
export function readHttp2Request(
  rawHeaders: readonly string[],
  ends: boolean,
  { headBytes, fieldCount }: HeadLimits,
): RequestHead {
  const pseudo: Pseudo = {};
  let lines = '';
  let cookies = '';
  let host = '';
  let contentType = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    if (!everyCharacter(value, FIELD_VALUE))
      throw new Malformed(400, `the value of ${name} has a control character`);
    if (name.startsWith(':')) takePseudo(pseudo, name, value, lines + cookies + host !== '');
    else if (!everyCharacter(name, TOKEN) || /[A-Z]/.test(name)) {
      throw new Malformed(400, `${JSON.stringify(name.slice(0, 20))} is not a field name in lower case`);
    } else if (CONNECTION_SPECIFIC.has(name)) throw new Malformed(400, `HTTP/2 has no ${name}`);
    // Crumbs, so that each can be compressed by itself (RFC 9113 section 8.2.3).
    else if (name === 'cookie') cookies += cookies === '' ? value : `; ${value}`;
    else if (name === 'host') {
      if (host !== '') throw new Malformed(400, 'more than one host');
      host = value;
    } else {
      if (name === 'content-type') contentType = value;
      lines += `${name}: ${value}\r\n`;
    }
  }
  if (cookies !== '') lines += `cookie: ${cookies}\r\n`;
  const requestLine = `${readMethod(pseudo)} ${readPath(pseudo)} HTTP/1.1\r\n`;
  const text = `${requestLine}Host: ${authority(pseudo, host)}\r\n${lines}`;
  if (text.length > headBytes) throw headTooLong(headBytes);
  const head = readRequestHead(text, fieldCount);
  head.grpc = isGrpc(head.method, contentType);
  return withFraming(head, ends);
}

/** What such headers ask for, for the log: one that is refused may have none of it. */
export function pseudoFields(rawHeaders: readonly string[]): Pick<RequestHead, 'method' | 'target' | 'host'> {
  const value = (name: string) => {
    const at = rawHeaders.indexOf(name);
    return at < 0 || at % 2 === 1 ? '' : rawHeaders[at + 1]!;
  };
  const host = canonicalHost((value(':authority') || value('host')).replace(/:\d*$/, ''));
  return { method: value(':method'), target: value(':path'), host };
}

function takePseudo(pseudo: Pseudo, name: string, value: string, late: boolean): void {
  if (name !== ':method' && name !== ':scheme' && name !== ':authority' && name !== ':path') {
    throw new Malformed(400, `${JSON.stringify(name.slice(0, 20))} is not a pseudo-header of requests`);
  }
  if (late || pseudo[name] !== undefined)
    throw new Malformed(400, `${name} is there twice, or behind a field`);
  pseudo[name] = value;
}

function readMethod({ ':method': method = '' }: Pseudo): string {
  if (method === 'CONNECT') throw new Malformed(400, 'CONNECT is not served');
  if (method === '' || !everyCharacter(method, TOKEN)) throw new Malformed(400, ':method is not a method');
  return method;
}

function readPath({ ':method': method, ':scheme': scheme, ':path': path = '' }: Pseudo): string {
  if (scheme !== 'https' && scheme !== 'http') throw new Malformed(400, ':scheme is not https or http');
  const rightForm = path.startsWith('/') || (path === '*' && method === 'OPTIONS');
  if (!rightForm || !everyCharacter(path, TARGET)) throw new Malformed(400, ':path is not a path');
  return path;
}

function authority({ ':authority': authority = '' }: Pseudo, host: string): string {
  if (authority === '' && host === '') throw new Malformed(400, 'there is neither :authority nor host');
  if (authority !== '' && host !== '' && canonicalAuthority(authority) !== canonicalAuthority(host)) {
    throw new Malformed(400, ':authority and host differ');
  }
  return authority || host;
}

function withFraming(head: RequestHead, ends: boolean): RequestHead {
  if (!ends) head.chunked = head.contentLength === null;
  else if (head.contentLength) {
    throw new Malformed(400, `Content-Length is ${head.contentLength}, but no body follows`);
  } else if (WITH_CONTENT.has(head.method)) head.contentLength = 0;
  return head;
}
