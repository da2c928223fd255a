import { everyCharacter, FIELD_VALUE, TOKEN } from '../head/characters.js';
import { Malformed } from '../head/malformed.js';

const BASE64 = /^[A-Za-z0-9+/]*$/;
/** Of the protocol between edge and connector: they mean nothing to a client, whoever has sent them. */
const CONTROL_FIELD = /^cf-(?:int|cloudflared|proxy)-/i;

/**
 * The field lines, each with its CRLF, in the one value in which a connector brings all fields of its origin:
 * `name:value` pairs joined by `;`, both parts in base64 without padding. Throws Malformed, at the first character that
 * could be more than a part of a name or a value.
 */
export function serializedFieldLines(serialized: string): string {
  if (serialized === '') return '';
  let lines = '';
  for (const pair of serialized.split(';')) {
    const colon = pair.indexOf(':');
    if (colon < 1) throw malformed('a pair without a name', pair);
    const name = decoded(pair.slice(0, colon));
    const value = decoded(pair.slice(colon + 1));
    if (name === '' || !everyCharacter(name, TOKEN)) throw malformed('not a field name', name);
    if (!everyCharacter(value, FIELD_VALUE)) throw malformed(`a control character in ${name}`, value);
    if (!CONTROL_FIELD.test(name)) lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

function decoded(text: string): string {
  // Node skips what is not base64.
  if (!BASE64.test(text) || text.length % 4 === 1) throw malformed('not base64 without padding', text);
  return Buffer.from(text, 'base64').toString('latin1');
}

function malformed(what: string, text: string): Malformed {
  return new Malformed(400, `cf-cloudflared-response-headers: ${what}: ${JSON.stringify(text.slice(0, 60))}`);
}
