import type { LiveFixedResponse } from '../state/snapshot.js';
import type { OwnResponse } from './requester.js';

/** They never have a body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** What a rule or pool set answers in place of an origin. Without a type the body is text: no browser shall guess. */
export function fixedResponse({
  status,
  contentType,
  location,
  ...response
}: LiveFixedResponse): OwnResponse {
  const body = BODILESS.has(status) ? '' : response.body;
  return {
    status,
    fields:
      (location === '' ? '' : `Location: ${location}\r\n`) +
      (body === '' && contentType === ''
        ? ''
        : `Content-Type: ${contentType || 'text/plain; charset=utf-8'}\r\n`),
    body,
  };
}
