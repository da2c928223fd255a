import { ApiError } from '../../../api/errors.js';
import { parseIp } from '../../../net/addresses.js';
import { canonicalHost, inAscii, isHostname } from '../../../net/hostnames.js';
import { storedTxt, txtStrings } from './txt.js';

/** What is particular to one type of records. */
export interface RecordType {
  /** The content as it is stored, of what was sent; throws what is wrong with it. */
  readonly stored: (content: string) => string;
  /** What DNS says of stored content: one text, or the strings of a TXT record with a character for each byte. */
  readonly data: (content: string) => readonly string[];
  /**
   * What else may have the same name: an alias nothing that leads somewhere, which are addresses and aliases; text stands
   * beside everything.
   */
  readonly part: 'address' | 'alias' | 'text';
  readonly proxiable: boolean;
}

const itself = (content: string): readonly string[] => [content];

const TXT_BYTES = 2048;

/** The types that there are here; every other one of Cloudflare's is refused by its name. */
export const RECORD_TYPES = {
  A: {
    stored: (content) => ipOf(4, content) ?? refuse('dns_a_invalid', content),
    data: itself,
    part: 'address',
    proxiable: true,
  },
  AAAA: {
    stored: (content) => ipOf(6, content) ?? refuse('dns_aaaa_invalid', content),
    data: itself,
    part: 'address',
    proxiable: true,
  },
  CNAME: {
    stored(content) {
      const target = canonicalHost(inAscii(content));
      if (isHostname(target)) return target;
      throw new ApiError(
        'dns_content_invalid',
        `"${content}" is not a host name such as www.example.com or <tunnel id>.cfargotunnel.com`,
      );
    },
    data: itself,
    part: 'alias',
    proxiable: true,
  },
  TXT: {
    stored(content) {
      const bytes = txtStrings(content)?.join('').length;
      const said = content.length > 60 ? `${content.slice(0, 60)}…` : content;
      if (bytes === undefined)
        throw new ApiError(
          'dns_invalid',
          `the content of a TXT record must be without quotation marks, or consist of strings in them such as "one" "two"; ${said} is neither`,
        );
      if (content.trim() === '')
        throw new ApiError('dns_invalid', 'the content of a TXT record must not be empty');
      if (bytes > TXT_BYTES)
        throw new ApiError(
          'dns_invalid',
          `the content of a TXT record has at most ${TXT_BYTES} bytes, and this one ${bytes}`,
        );
      return storedTxt(content)!;
    },
    data: (content) => txtStrings(content) ?? [],
    part: 'text',
    proxiable: false,
  },
} as const satisfies Readonly<Record<string, RecordType>>;

export type ServedType = keyof typeof RECORD_TYPES;

export const isServed = (type: string): type is ServedType => Object.hasOwn(RECORD_TYPES, type);

export const typeOf = (type: ServedType): RecordType => RECORD_TYPES[type];

/** Of a type that is stored, which are those that there are here. */
export const partOf = (type: string): RecordType['part'] => typeOf(type as ServedType).part;

/** What DNS says of a stored record. */
export const dataOf = ({ type, content }: { readonly type: string; readonly content: string }) =>
  typeOf(type as ServedType).data(content);

/** In the one form that an address has; null for what is none of the family. */
function ipOf(family: 4 | 6, content: string): string | null {
  const ip = parseIp(content);
  // An IPv4 address in the clothes of IPv6 is content of neither type.
  return ip?.family === family && content.includes(':') === (family === 6) ? ip.text : null;
}

function refuse(row: 'dns_a_invalid' | 'dns_aaaa_invalid', content: string): never {
  throw new ApiError(row, content);
}
