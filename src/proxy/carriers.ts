import type { SessionSource } from '../steering/contract.js';
import { matchesName, trimBlanks } from './head/characters.js';
import type { RequestHead } from './head/request-head.js';

type SessionHead = Pick<RequestHead, 'passedOn' | 'host' | 'forwardedFor'>;

/** The fields of a request that sessions may be told from; looked for when they are asked for. */
export class HttpSessionSource implements SessionSource {
  private whole: string | undefined | null = null;

  constructor(private readonly head: SessionHead) {}

  cookies(): string | undefined {
    // HTTP/2 may split the one field; the pieces mean the same as the whole.
    if (this.whole === null) this.whole = joined(fieldValues(this.head.passedOn, 'cookie'), '; ');
    return this.whole;
  }

  cookie(name: string): string | undefined {
    return cookieIn(this.cookies() ?? '', name);
  }

  header(name: string): string | undefined {
    const { head } = this;
    // These two are not among the lines, because they are not passed on as they came.
    if (name === 'host') return head.host;
    if (name === 'x-forwarded-for') return head.forwardedFor || undefined;
    return joined(fieldValues(head.passedOn, name), ', ');
  }
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
