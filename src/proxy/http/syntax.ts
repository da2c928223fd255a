/** Character classes of RFC 9110 and 9112, by latin1 code: 1 = belongs to the class. */

export const CR = 13;
export const LF = 10;
const TAB = 9;
export const SPACE = 32;
export const COLON = 58;

function codes(text: string, ...ranges: readonly (readonly [from: number, to: number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of text) table[character.charCodeAt(0)] = 1;
  for (const [from, to] of ranges) table.fill(1, from, to + 1);
  return table;
}

const DIGITS = [48, 57] as const;
const UPPER = [65, 90] as const;
const LOWER = [97, 122] as const;

/** `tchar`: methods and field names. */
export const TOKEN = codes("!#$%&'*+-.^_`|~", DIGITS, UPPER, LOWER);

/** Field values: visible characters, space, tab and the upper half; never CR, LF, NUL or another control. */
export const FIELD_VALUE = codes('\t', [0x20, 0x7e], [0x80, 0xff]);

/** Request targets as clients send them: visible ASCII, and raw bytes above it, which some clients do not encode. */
export const TARGET = codes('', [0x21, 0x7e], [0x80, 0xff]);

/** The names and addresses that a Host field may hold, its port and IPv6 brackets included. */
export const AUTHORITY = codes('-._:[]', DIGITS, UPPER, LOWER);

/** As `matchesName`, in bytes. */
export function bytesMatch(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if ((bytes[at + i]! | 0x20) !== (name[i]! | 0x20)) return false;
  return true;
}

/** Whether `text` has `name` at `at`, letters of either case. `name` is lower case and of token characters. */
export function matchesName(text: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((text.charCodeAt(at + i) | 0x20) !== (name.charCodeAt(i) | 0x20)) return false;
  }
  return true;
}

/** Space or tab, all that RFC 9110 section 5.6.3 has around values. */
export const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/**
 * The part of `text` without blanks around it. `trim` would also take 0xA0 away, which in these bytes is no blank but half of a
 * character such as à.
 */
export function trimBlanks(text: string, start = 0, end = text.length): string {
  let [first, last] = [start, end];
  while (first < last && isBlank(text.charCodeAt(first))) first++;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last--;
  return text.slice(first, last);
}

export function everyCharacter(text: string, allowed: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (allowed[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** The statuses that a request can be refused with before it has a destination. */
export type RefusalStatus = 400 | 417 | 431 | 501 | 505;

/** What a peer sent breaks a rule of the message syntax; for a response the status has no meaning. */
export class Malformed extends Error {
  override readonly name: string = 'Malformed';
  constructor(
    readonly status: RefusalStatus,
    message: string,
  ) {
    super(message);
  }
}

/** A head is larger than a limit. The message names the limit and its value, and has no text of the peer. */
export class HeadTooLarge extends Malformed {
  override readonly name = 'HeadTooLarge';
  constructor(message: string) {
    super(431, message);
  }
}

export const headTooLong = (headBytes: number) =>
  new HeadTooLarge(`the header is longer than the limit of ${headBytes} bytes`);

export const tooManyFields = (fieldCount: number) =>
  new HeadTooLarge(`the header has more fields than the limit of ${fieldCount}`);

/** The status of a response is a number that is no status code of HTTP (RFC 9110, section 15). */
export class InvalidStatus extends Error {
  override readonly name = 'InvalidStatus';
  constructor(status: string) {
    super(`the status is ${status.slice(0, 20)}, which is outside of 100 to 599`);
  }
}

/** What the proxy does with a field it knows. Every other field is passed on as it came. */
export type FieldRole =
  | 'drop'
  | 'host'
  | 'content_length'
  | 'transfer_encoding'
  | 'connection'
  | 'upgrade'
  | 'expect'
  | 'forwarded_for'
  | 'forwarded_proto'
  | 'cdn_loop'
  | 'te';

/** Passed on although its name starts with a dropped prefix. */
type Exception = 'keep';

interface NamedRole {
  /** In lower case. */
  readonly name: Uint8Array;
  readonly role: FieldRole | Exception;
}

export interface FieldRoles {
  readonly byLength: readonly (readonly NamedRole[] | undefined)[];
  /** Fields whose name starts so are dropped. */
  readonly droppedPrefixes: readonly Uint8Array[];
  /** By the first letter of a name: 1 where one of these prefixes begins so. */
  readonly prefixLetters: Uint8Array;
  /**
   * RFC 9112 section 5.1: blanks between a name and its colon are removed from a response, and refused in a request, where
   * servers that differ about them could be played off against each other.
   */
  readonly removesBlanks: boolean;
}

/** Fields that speak of one connection only, on both sides. */
const CONNECTION_FIELDS = {
  connection: 'connection',
  'content-length': 'content_length',
  'transfer-encoding': 'transfer_encoding',
  upgrade: 'upgrade',
  te: 'drop',
  trailer: 'drop',
  'keep-alive': 'drop',
  'proxy-connection': 'drop',
  'http2-settings': 'drop',
} satisfies Record<string, FieldRole>;

export const REQUEST_FIELDS = fieldRoles(
  {
    ...CONNECTION_FIELDS,
    host: 'host',
    expect: 'expect',
    'x-forwarded-for': 'forwarded_for',
    'x-forwarded-proto': 'forwarded_proto',
    'x-real-ip': 'drop',
    'cdn-loop': 'cdn_loop',
    te: 'te',
    // Where `cloudflared access` wants to go behind the bastion of a tunnel: its user says so, and nobody before it.
    'cf-access-jump-destination': 'keep',
  },
  // Servers behind CGI-like gateways read `CF_…` as `CF-…`, and so on.
  ['cf-', 'cf_', 'x_forwarded_', 'x_forwarded-', 'x-forwarded_', 'x_real_ip', 'x_real-ip', 'x-real_ip'],
);

export const RESPONSE_FIELDS = fieldRoles({ ...CONNECTION_FIELDS, 'cf-ray': 'drop' }, ['x-accel-'], true);

/** None of these makes sense, or is safe, behind a body. */
export const REQUEST_TRAILER_FIELDS = fieldRoles(
  {
    ...CONNECTION_FIELDS,
    host: 'host',
    'max-forwards': 'drop',
    expect: 'drop',
    range: 'drop',
    'cache-control': 'drop',
    pragma: 'drop',
    vary: 'drop',
    age: 'drop',
    expires: 'drop',
    date: 'drop',
    location: 'drop',
    'retry-after': 'drop',
    authorization: 'drop',
    'www-authenticate': 'drop',
    'proxy-authenticate': 'drop',
    'proxy-authorization': 'drop',
    cookie: 'drop',
    'set-cookie': 'drop',
    'content-encoding': 'drop',
    'content-type': 'drop',
    'content-range': 'drop',
  },
  ['cf-', 'x-accel-', 'x-forwarded-', 'access-control-'],
);

export const RESPONSE_TRAILER_FIELDS: FieldRoles = { ...REQUEST_TRAILER_FIELDS, removesBlanks: true };

function fieldRoles(
  table: Readonly<Record<string, FieldRole | Exception>>,
  droppedPrefixes: string[],
  removesBlanks = false,
): FieldRoles {
  const named = Object.entries(table).map(([name, role]) => ({ name: Buffer.from(name), role }));
  const longest = Math.max(...named.map(({ name }) => name.length));
  const byLength = Array.from({ length: longest + 1 }, (_, length) => {
    const sameLength = named.filter(({ name }) => name.length === length);
    return sameLength.length > 0 ? sameLength : undefined;
  });
  const prefixLetters = new Uint8Array(256);
  for (const prefix of droppedPrefixes) {
    prefixLetters[prefix.charCodeAt(0)] = 1;
    prefixLetters[prefix.toUpperCase().charCodeAt(0)] = 1;
  }
  const prefixes = droppedPrefixes.map((prefix) => Buffer.from(prefix));
  return { byLength, droppedPrefixes: prefixes, prefixLetters, removesBlanks };
}

/** The role of the field whose name stands in `bytes` from `start` to `end`; undefined when it has none. */
export function roleOf(
  roles: FieldRoles,
  bytes: Uint8Array,
  start: number,
  end: number,
): FieldRole | undefined {
  const length = end - start;
  const sameLength = length < roles.byLength.length ? roles.byLength[length] : undefined;
  if (sameLength !== undefined) {
    for (const { name, role } of sameLength)
      if (bytesMatch(bytes, start, name)) return role === 'keep' ? undefined : role;
  }
  if (roles.prefixLetters[bytes[start]!] !== 1) return undefined;
  for (const prefix of roles.droppedPrefixes)
    if (length >= prefix.length && bytesMatch(bytes, start, prefix)) return 'drop';
  return undefined;
}
