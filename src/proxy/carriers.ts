import type { SessionSource } from '../steering/contract.js';
import { matchesName, trimBlanks } from './head/characters.js';
import type { RequestHead } from './head/request-head.js';

type SessionHead = Pick<RequestHead, 'passedOn' | 'host' | 'forwardedFor'>;

/** The fields of a request that sessions may be told from. */
export function sessionSourceOf(head: SessionHead): SessionSource {
  const lines = head.passedOn;
  let cookies: string | undefined | null = null;
  const whole = (): string | undefined => {
    // HTTP/2 may split the one field; the pieces mean the same as the whole.
    if (cookies === null) cookies = joined(fieldValues(lines, 'cookie'), '; ');
    return cookies;
  };
  return {
    cookies: whole,
    cookie: (name) => cookieIn(whole() ?? '', name),
    header(name) {
      // These two are not among the lines, because they are not passed on as they came.
      if (name === 'host') return head.host;
      if (name === 'x-forwarded-for') return head.forwardedFor || undefined;
      return joined(fieldValues(lines, name), ', ');
    },
  };
}

const joined = (values: readonly string[], separator: string) =>
  values.length === 0 ? undefined : values.join(separator);

/** The values of the fields with this lower-case name, in order. One pass over the lines. */
export function fieldValues(lines: string, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf('\r\n', at);
    if (lines.charCodeAt(at + name.length) === 58 && matchesName(lines, at, name)) {
      values.push(trimBlanks(lines, at + name.length + 1, end));
    }
    at = end + 2;
  }
  return values;
}

/** The first cookie of this name. One pass, whatever the header holds. */
function cookieIn(cookies: string, name: string): string | undefined {
  for (let at = 0; at < cookies.length; ) {
    const found = cookies.indexOf(';', at);
    const end = found < 0 ? cookies.length : found;
    while (cookies.charCodeAt(at) === 32) at++;
    if (cookies.charCodeAt(at + name.length) === 61 && cookies.startsWith(name, at) && at < end) {
      return trimBlanks(cookies, at + name.length + 1, end);
    }
    at = end + 1;
  }
  return undefined;
}
