// Random expressions for scripts/fuzz-expressions.mjs and the tests: right ones, nearly right ones and noise.

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const STRINGS = {
  http: [
    'http.host',
    'http.cookie',
    'http.referer',
    'http.request.method',
    'http.request.uri',
    'http.request.uri.path',
  ],
  dns: ['dns.qry.name'],
};
const INTEGERS = { http: ['http.request.timestamp.sec'], dns: ['dns.qry.type', 'dns.qry.name.len'] };
const BOOLEANS = { http: [], dns: ['dns.qry.qu', 'dns.rr.opt.client'] };
const ADDRESSES = { http: ['ip.src'], dns: ['ip.src', 'dns.rr.opt.client.addr'] };
const ARRAYS = {
  http: ['http.request.uri.args.names', 'http.request.headers["x"]', 'http.request.uri.args["a"]'],
  dns: [],
};
const LITERALS = ['""', '"a"', '"www.example.com"', '"\\x41\\""', 'r"a\\b"', 'r#"a"b"#', '"é☁"', '"/a/b"'];
const PATTERNS = [
  ...['"^a"', '"(a+)+$"', 'r"\\d+\\.x"', '"[a-z]{2,5}"', '"(?i)é|b"', '"a.*b.*c"'],
  ...['"(?u)[à-ü&&[^é]]|.b"', 'r"\\<go\\b{end}"', '"(?mR)^a$"', '"(?x) a b # c"'],
];
const WILDCARDS = ['"*"', '"*.example.com"', '"a*b*c"', 'r"a\\*b"', '""'];
const IPS = ['192.0.2.7', '10.0.0.1', '::1', '2001:db8::7'];
const NETWORKS = [...IPS, '10.0.0.0/8', '::/0', '192.0.2.1..192.0.2.9', '::1..::f'];
const TOKENS = [
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '*',
    '==',
    '!=',
    '<=',
    '>',
    '~',
    '&&',
    '||',
    '^^',
    '!',
    '[*]',
    '["x"]',
    '[0]',
  ],
  ...[
    'eq',
    'in',
    'not',
    'and',
    'xor',
    'or',
    'strict',
    'wildcard',
    'contains',
    'matches',
    'true',
    '$list',
    'AND',
  ],
  ...[
    'http.host',
    'ip.src',
    'dns.qry.type',
    'http.request.headers',
    'lower',
    'any',
    'concat',
    'nobody',
    '"',
    'r#"',
  ],
  ...[
    '"a"',
    '"("',
    '"**"',
    '"\\q"',
    '1',
    '-7',
    '1..5',
    '5..1',
    '10.0.0.0/8',
    '10.0.0.1/8',
    '::1',
    '99999999999999999999',
  ],
];

export const pick = (random, list) => list[Math.floor(random() * list.length)];

/** A right expression of fields that requests of one kind have, `http` or `dns`. */
export function validExpression(random, kind, depth = 4) {
  const roll = random();
  const part = () => validExpression(random, kind, depth - 1);
  if (depth > 0 && roll < 0.12) return `${pick(random, ['not ', '!'])}${parenthesized(part())}`;
  if (depth > 0 && roll < 0.5) {
    const connective = pick(random, ['and', '&&', 'or', '||', 'xor', '^^']);
    return Array.from({ length: 2 + Math.floor(random() * 2) }, () => parenthesized(part())).join(
      ` ${connective} `,
    );
  }
  return comparison(random, kind, depth);
}

const parenthesized = (text) => `(${text})`;

function comparison(random, kind, depth) {
  const kinds = [stringComparison, stringComparison, integerComparison, addressComparison, bareBoolean];
  if (ARRAYS[kind].length > 0) kinds.push(arrayComparison);
  return pick(random, kinds)(random, kind, depth);
}

function stringComparison(random, kind, depth) {
  return `${string(random, kind, depth)} ${stringTest(random)}`;
}

function stringTest(random) {
  const roll = random();
  if (roll < 0.15) return `${pick(random, ['matches', '~'])} ${pick(random, PATTERNS)}`;
  if (roll < 0.3) return `${pick(random, ['wildcard', 'strict wildcard'])} ${pick(random, WILDCARDS)}`;
  if (roll < 0.5) return `in {${some(random, LITERALS)}}`;
  return `${pick(random, ['eq', '==', 'ne', '!=', 'lt', '<', 'le', '<=', 'gt', '>', 'ge', '>=', 'contains'])} ${pick(random, LITERALS)}`;
}

function string(random, kind, depth) {
  const roll = depth > 0 ? random() : 1;
  const inner = () => string(random, kind, depth - 1);
  if (roll < 0.1) return `${pick(random, ['lower', 'upper', 'url_decode'])}(${inner()})`;
  if (roll < 0.15) return `concat(${inner()}, ${pick(random, LITERALS)}, "7")`;
  if (roll < 0.2) return `substring(${inner()}, ${Math.floor(random() * 9) - 4})`;
  if (roll < 0.25) return `regex_replace(${inner()}, ${pick(random, PATTERNS)}, "x")`;
  if (roll < 0.3) return `to_string(${integer(random, kind, depth - 1)})`;
  if (roll < 0.4 && ARRAYS[kind].length > 0)
    return `${pick(random, ARRAYS[kind])}[${Math.floor(random() * 3)}]`;
  return pick(random, STRINGS[kind]);
}

function integerComparison(random, kind, depth) {
  const left = integer(random, kind, depth);
  if (random() < 0.4) return `${left} in {${some(random, ['1', '28', '1..5', '-7..900', '1700000000'])}}`;
  return `${left} ${pick(random, ['eq', 'ne', 'lt', 'le', 'gt', 'ge'])} ${Math.floor(random() * 40)}`;
}

function integer(random, kind, depth) {
  if (random() < 0.5) return pick(random, INTEGERS[kind]);
  return `len(${string(random, kind, depth - 1)})`;
}

function addressComparison(random, kind) {
  const left = pick(random, ADDRESSES[kind]);
  if (random() < 0.6) return `${left} in {${some(random, NETWORKS)}}`;
  return `${left} ${pick(random, ['eq', 'ne'])} ${pick(random, IPS)}`;
}

function bareBoolean(random, kind, depth) {
  if (random() < 0.4) return pick(random, ['true', 'false', ...BOOLEANS[kind]]);
  return `${pick(random, ['starts_with', 'ends_with'])}(${string(random, kind, depth - 1)}, ${pick(random, LITERALS)})`;
}

function arrayComparison(random, kind) {
  const each = `${pick(random, ARRAYS[kind])}[*]`;
  const left = random() < 0.3 ? `lower(${each})[*]` : each;
  const test = `${random() < 0.2 ? 'not ' : ''}${left} ${stringTest(random)}`;
  return `${pick(random, ['any', 'all'])}(${random() < 0.2 ? `(${test} or ${each} eq "a")` : test})`;
}

function some(random, list) {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, list)).join(' ');
}

/** Tokens in no order. */
export function tokenSoup(random) {
  const count = 1 + Math.floor(random() * 20);
  return Array.from({ length: count }, () => pick(random, TOKENS)).join(random() < 0.7 ? ' ' : '');
}

/** A right expression with a few characters or tokens removed, doubled, swapped or put in. */
export function mutatedExpression(random) {
  let text = validExpression(random, pick(random, ['http', 'dns']), 3);
  for (let change = 0; change <= random() * 3; change++) {
    const [from, to] = [Math.floor(random() * text.length), Math.floor(random() * text.length)];
    const [start, end] = from < to ? [from, to] : [to, from];
    const put = pick(random, [
      '',
      text.slice(start, end),
      pick(random, TOKENS),
      String.fromCharCode(random() * 0x300),
    ]);
    text =
      random() < 0.5
        ? text.slice(0, start) + put + text.slice(start)
        : text.slice(0, start) + put + text.slice(end);
  }
  return text;
}

/** Any characters at all. */
export function noise(random) {
  const highest = pick(random, [0x80, 0x100, 0x3000, 0x10000]);
  return Array.from({ length: Math.floor(random() * 60) }, () =>
    String.fromCharCode(random() * highest),
  ).join('');
}
