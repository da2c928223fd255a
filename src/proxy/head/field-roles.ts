import { bytesMatch } from './characters.js';

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
