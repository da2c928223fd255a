import { expect, test } from 'vitest';
import { compileExpression } from '../../src/expressions/compile.js';
import { ExpressionError } from '../../src/expressions/types.js';

/** How a replacement names what a group has matched. */
const group = (number: number) => `\${${number}}`;

function errorOf(expression: string): ExpressionError {
  try {
    compileExpression(expression);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${expression} compiles`);
}

/** Each with the offset that the error is at, and what its reason begins with. */
type Case = readonly [expression: string, position: number, reason: string];
const table = (name: string, cases: readonly Case[]) =>
  test.each(cases)(`${name}: %s`, (expression, position, reason) => {
    const error = errorOf(expression);
    expect([error.position, error.reason.slice(0, reason.length)]).toEqual([position, reason]);
    expect(error.message).toBe(`${error.reason}, at character ${position + 1}`);
  });

table('characters', [
  ['http.host = "a"', 10, 'unexpected "=": use == or eq for equality'],
  ['http.host eq "a" & true', 17, 'unexpected &: use && or and'],
  ['true | true', 5, 'unexpected "|": use || or or'],
  ['true ^ true', 5, 'unexpected "^": use ^^ or xor'],
  ["http.host eq 'a'", 13, 'unexpected "\'": strings stand in double quotes'],
  ['http.host eq “a”', 13, 'unexpected "“": outside of a string'],
  ['true 😀', 5, 'unexpected "😀": outside of a string'],
  ['true;', 4, 'unexpected ";": outside of a string'],
  ['http.host eq -', 13, 'unexpected "-": outside of a string'],
  ['true\u00a0and true', 4, 'unexpected "\u00a0": outside of a string'],
  ['true\tand true', 4, 'unexpected "\\t": white space is spaces and line ends, not tabs'],
]);

table('strings', [
  ['http.host eq "a', 13, 'the string is not closed: a " is missing'],
  ['http.host eq "a\\"', 13, 'the string is not closed'],
  ['http.host eq "', 13, 'the string is not closed'],
  ['http.host eq r"a', 13, 'the raw string is not closed: a " is missing'],
  ['http.host eq r##"a"#', 13, 'the raw string is not closed: a "## is missing'],
  [`http.host eq r${'#'.repeat(256)}"a"`, 13, 'a raw string has at most 255 # before its quote, not 256'],
  ['http.host eq "ab\\n"', 16, 'unknown escape \\n: a string knows \\", \\\\, \\xHH and \\OOO'],
  ['http.host eq "\\x4"', 14, 'unknown escape \\x'],
  ['http.host eq "\\400"', 14, 'unknown escape \\4'],
  ['http.host eq "\\\\\\*"', 16, 'unknown escape \\*'],
  ['http.host in {"a" "\\q"}', 19, 'unknown escape \\q'],
  ['http.request.headers["\\q"][0] eq "a"', 22, 'unknown escape \\q'],
]);

table('the order of things', [
  ['http.host', 0, 'a string is no condition by itself: compare it with a value'],
  ['ip.src', 0, 'an IP address is no condition by itself'],
  ['http.request.headers', 0, 'a map of arrays of strings is no condition by itself: take values out of it'],
  ['http.host eq', 12, 'unexpected end of the expression: expected a string in double quotes'],
  ['eq "a"', 0, 'unexpected eq: expected a field, a function, not or ('],
  ['http.host "a"', 10, 'unexpected "a": expected and, or, xor or the end'],
  ['true true', 5, 'unexpected true: expected and, or, xor or the end'],
  ['true and', 8, 'unexpected end of the expression: expected a field'],
  ['and true', 0, 'unexpected and: expected a field'],
  ['not', 3, 'unexpected end of the expression: expected a field'],
  ['true or or true', 8, 'unexpected or: expected a field'],
  ['(true', 5, 'unexpected end of the expression: expected ) for the ( at character 1'],
  ['true)', 4, 'unexpected ): expected and, or, xor or the end'],
  ['()', 1, 'unexpected ): expected a field'],
  ['(true]', 5, 'unexpected ]: expected ) for the ( at character 1'],
  ['true and (false or (true)', 25, 'unexpected end of the expression: expected ) for the ( at character 10'],
  ['http.host EQ "a"', 10, 'unexpected EQ: operators are written in lower case, eq'],
  ['true AND false', 5, 'unexpected AND: operators are written in lower case, and'],
  ['NOT true', 0, 'unexpected NOT: operators are written in lower case, not'],
  [
    'http.host ends_with "a"',
    10,
    'unexpected ends_with: it is a function, not an operator: ends_with(field, "text")',
  ],
  ['http.host strict "a"', 10, 'strict stands only before wildcard'],
  ['http.host eq http.referer', 13, 'unexpected http.referer: expected a string in double quotes'],
  ['http.host eq lower("A")', 13, 'unexpected lower: expected a string'],
  ['"a" eq http.host', 7, 'unexpected http.host: expected a string'],
  ['"a" eq "a"', 0, 'a value stands left of the operator'],
  ['80 == 80', 0, 'a value stands left of the operator'],
  ['"a"', 0, 'a string stands where a condition was expected'],
  ['192.0.2.1', 0, 'an IP address stands where a condition was expected'],
  ['true and 1', 9, 'an integer stands where a condition was expected'],
  ['not http.host', 4, 'a string is no condition by itself'],
  ['(http.host eq "a") eq "b"', 19, 'unexpected eq: expected and, or, xor or the end'],
  ['(http.host) eq "a"', 12, 'unexpected eq: expected and, or, xor or the end'],
]);

table('names', [
  [
    'http.user_agent eq "a"',
    0,
    '"http.user_agent" is not a field: rules of load balancers have cf.load_balancer.name, ',
  ],
  ['Http.Host eq "a"', 0, '"Http.Host" is not a field'],
  ['constructor eq "a"', 0, '"constructor" is not a field'],
  ['lower eq "a"', 0, '"lower" is not a field: it is a function: write lower(...)'],
  [`${'a'.repeat(50)} eq "a"`, 0, `"${'a'.repeat(40)}..." is not a field`],
  ['http..host eq "a"', 0, 'unexpected http..host: expected a field'],
  ['http.host. eq "a"', 0, 'unexpected http.host.: expected a field'],
  ['http:host eq "a"', 0, 'unexpected http:host: expected a field'],
  ['nothing(http.host) eq "a"', 0, '"nothing" is not a function: there are any, all, concat, '],
  ['toString(http.host) eq "a"', 0, '"toString" is not a function'],
  ['http.host(1) eq "a"', 0, '"http.host" is not a function'],
]);

table('types of operators', [
  ['dns.qry.qu eq true', 11, 'a boolean is not compared: write it alone, or after not'],
  ['dns.qry.qu in {true}', 11, 'a boolean is not compared'],
  ['(true) eq true', 7, 'unexpected eq: expected and, or'],
  ['http.host eq 80', 13, '80 is not a string, which is written like "text"'],
  ['http.host eq 192.0.2.1', 13, '192.0.2.1 is not a string'],
  ['http.host eq true', 13, 'true is not a string'],
  ['http.host matches 1', 18, '1 is not a string'],
  ['ip.src eq "192.0.2.1"', 10, '"192.0.2.1" is not an IP address, which is written like 192.0.2.1'],
  ['ip.src eq 7', 10, '7 is not an IP address'],
  [
    'ip.src bitwise_and 1',
    7,
    'bitwise_and does not compare an IP address, which has eq, ne, lt, le, gt, ge, in',
  ],
  ['ip.src contains "192"', 7, 'contains does not compare an IP address'],
  ['ip.src matches "192"', 7, 'matches does not compare an IP address'],
  ['ip.src wildcard "192.*"', 7, 'wildcard does not compare an IP address'],
  ['dns.qry.type eq "A"', 16, '"A" is not an integer, which is written like 80'],
  ['dns.qry.type contains "1"', 13, 'contains does not compare an integer'],
  ['dns.qry.type ~ "1"', 13, 'matches does not compare an integer'],
  ['dns.qry.type strict wildcard "1"', 13, 'strict wildcard does not compare an integer'],
  [
    'http.request.headers["a"] eq "b"',
    26,
    'eq does not compare an array of strings: take values out of it with [0] or any(',
  ],
  [
    'http.request.headers eq "b"',
    21,
    'eq does not compare a map of arrays of strings: take values out of it with ["name"]',
  ],
]);

table('sets, ranges and numbers', [
  ['http.host eq 61', 13, '61 is not a string'],
  ['http.host wildcard 61:62', 19, '61:62 is not a string'],
  ['http.host matches 61:62', 18, '61:62 is not a string'],
  ['starts_with(http.host, 61:62)', 23, '61:62 is not an integer'],
  ['substring(http.host, 9007199254740993) eq ""', 21, 'the integer 9007199254740993 is too large'],
  ['http.host strict  wildcard "a"', 10, 'strict stands only before wildcard, one space apart'],
  ['http.host in "a"', 13, 'unexpected "a": expected the values after in, in braces'],
  ['http.host in ("a")', 13, 'unexpected (: expected the values after in, in braces'],
  ['http.host in {"a"', 13, 'the set is not closed: a } is missing'],
  ['http.host in {"a", "b"}', 17, 'the values of a set stand apart by spaces, not commas'],
  ['http.host in {"a" 1}', 18, '1 is not a string'],
  ['http.host in {http.referer}', 14, 'unexpected http.referer: expected a string'],
  ['http.host eq {"a"}', 13, 'a set in braces stands only after in'],
  ['ip.src in $offices', 10, '$offices: lists are not available to load balancers'],
  ['ip.src eq $offices', 10, 'unexpected $offices: expected a string'],
  ['ip.src in 10.0.0.0/8', 10, 'unexpected 10.0.0.0/8: expected the values after in, in braces'],
  ['ip.src eq 10.0.0.0/8', 10, '10.0.0.0/8 is more than one value: write in {10.0.0.0/8}'],
  [
    'ip.src in {10.0.0.1/8}',
    11,
    'the network 10.0.0.1/8 has bits set right of its prefix: 10.0.0.0/8 has none',
  ],
  ['ip.src in {10.0.0.0/33}', 11, '10.0.0.0/33 is not a network'],
  ['ip.src in {10.0.0.0.0/8}', 11, '10.0.0.0.0/8 is not a network'],
  ['ip.src eq 10.0.0', 10, '10.0.0 is not an IP address'],
  ['ip.src eq 10.0.0.01', 10, '10.0.0.01 is not an IP address'],
  ['ip.src in {10.0.0.2..10.0.0.1}', 11, 'the range 10.0.0.2..10.0.0.1 goes backwards'],
  ['ip.src in {10.0.0.2..::1}', 11, 'the range 10.0.0.2..::1 must go from one integer to another'],
  ['ip.src in {10.0.0.2..}', 11, 'the range 10.0.0.2.. must go from'],
  ['ip.src in {1..5}', 11, '1..5 is not an IP address'],
  ['ip.src in {192.0.2.256}', 11, '192.0.2.256 is not an IP address'],
  ['dns.qry.type in {5..1}', 17, 'the range 5..1 goes backwards'],
  ['dns.qry.type in {1..x}', 17, 'the range 1..x must go'],
  ['dns.qry.type in {10.0.0.0/8}', 17, '10.0.0.0/8 is not an integer'],
  ['dns.qry.type eq 1..5', 16, '1..5 is more than one value: write in {1..5}'],
  ['dns.qry.type eq 08', 16, 'the integer 08 is not octal, which a 0 in front means'],
  ['dns.qry.type eq 0x', 16, '0x is not an integer'],
  ['dns.qry.type eq -0x1', 16, '-0x1 is not an integer'],
  ['dns.qry.type eq 1.5', 16, '1.5 is not an integer'],
  ['dns.qry.type in {0..1..2}', 17, 'the range 0..1..2 must go'],
  ['dns.qry.type eq 9223372036854775808', 16, 'the integer 9223372036854775808 must be between'],
  ['dns.qry.type in {1..9223372036854775808}', 20, 'the integer 9223372036854775808 must be between'],
]);

table('patterns and wildcards', [
  ['http.host matches "a("', 20, 'the pattern: the group is not closed'],
  ['http.host matches r#"a("#', 22, 'the pattern: the group is not closed'],
  ['http.host matches "\\"\\"("', 23, 'the pattern: the group is not closed'],
  ['http.host matches "a)"', 20, 'the pattern: a ) closes no group'],
  ['http.host ~ "a|*"', 15, 'the pattern: nothing stands before * that it could repeat'],
  ['http.host ~ r"(?=a)"', 14, 'the pattern: there is no look-around'],
  ['http.host ~ r"(a)\\1"', 17, 'the pattern: \\1 is neither a back-reference nor octal'],
  ['http.host ~ "[z-a]"', 14, 'the pattern: the range goes backwards'],
  ['http.host ~ "/v{id}"', 15, 'the pattern: { is not the beginning of {2}, {2,} or {2,5}'],
  [
    'http.host ~ "\\pL"',
    13,
    'the pattern: \\p{...} is about characters, and patterns are about bytes: write (?u)',
  ],
  ['http.host ~ "(?u)\\p{Klingon}"', 17, 'the pattern: there is no Unicode property Klingon'],
  ['http.host ~ "[é]"', 14, 'the pattern: a class has bytes in it, and this character is several'],
  ['http.host ~ "\\Qa"', 13, 'the pattern: unknown escape \\Q'],
  ['http.host ~ "[[a]"', 13, 'the pattern: the class is not closed'],
  ['http.host ~ "(?k)a"', 15, 'the pattern: there is no flag k'],
  ['http.host ~ "(?<a>b)(?<a>b)"', 23, 'the pattern: two groups are called a'],
  ['http.host ~ "a{2000}b{2000}c{2000}"', 13, 'the pattern: it needs '],
  ['http.host ~ "((((((a{99}){99}){99}){99}){99}){99})"', 13, 'the pattern: it needs '],
  [
    `http.host ~ "(?u)${'\\pL'.repeat(31)}"`,
    13,
    'the pattern: its Unicode classes add up to 31, more than 30',
  ],
  [
    Array.from({ length: 4 }, () => `http.host ~ "(?u)${'\\p{Lao}'.repeat(30)}"`).join(' or '),
    // The fourth is what there is no room for.
    3 * (13 + 4 + 30 * 7 + 1 + 4) + 13,
    'the pattern: it takes 30 of the 100 Unicode classes that all rules have together, and 10 are left',
  ],
  [`http.host ~ "${'('.repeat(251)}${')'.repeat(251)}"`, 263, 'the pattern: the pattern nests more than 250'],
  ['http.host wildcard "a**"', 19, 'the wildcard "a**": ** has no meaning: use one *'],
  ['http.host wildcard r"a\\b"', 19, 'the wildcard "a\\\\b": a backslash stands only before *'],
  ['http.host strict wildcard "**"', 26, 'the wildcard "**": ** has no meaning'],
]);

table('arrays and maps', [
  ['http.request.headers[0][0] eq "a"', 20, 'a map has its values by name: write ["name"]'],
  ['http.request.headers[*] eq "a"', 24, 'eq does not compare an array of strings'],
  ['http.request.headers["a"]["b"] eq "a"', 25, 'an array has its values by number: write [0] or [*]'],
  ['http.host[0] eq "a"', 9, 'a string has no values inside that an index could name'],
  ['http.request.headers["a"][0][0] eq "a"', 28, 'a string has no values inside'],
  ['any(http.request.headers["a"][*][*] eq "a")', 32, 'a string has no values inside'],
  ['http.request.headers ["a"][0] eq "a"', 21, 'unexpected [: expected and'],
  ['http.request.headers[r"a"][0] eq "a"', 21, 'unexpected r"a": expected a name in double quotes'],
  ['http.request.headers["\\xff"][0] eq "a"', 20, 'the name must be UTF-8'],
  ['http.request.headers["a"][4294967296] eq "a"', 26, 'unexpected 4294967296: expected a name'],
  [
    'any(starts_with(http.request.headers["a"][*], "b")[*])',
    4,
    'the argument "booleans" of any must be an array of booleans, not a boolean',
  ],
  [
    'http.request.headers["a"][-1] eq "a"',
    26,
    'unexpected -1: expected a name in double quotes, a number from 0 or *',
  ],
  ['http.request.headers[a][0] eq "a"', 21, 'unexpected a: expected a name in double quotes'],
  ['http.request.headers["a"][0 eq "a"', 28, 'unexpected eq: expected ] after an index'],
  [
    'http.request.headers["a"][*] eq "b"',
    0,
    '[*] gives one answer for each value: put any(...) or all(...) around it',
  ],
  [
    'any(http.request.headers["a"][*] eq "b" and http.host eq "c")',
    40,
    'unexpected and: expected ) after the argument of any, in which conditions combine only in parentheses',
  ],
  [
    'any((http.request.headers["a"][*] eq "b" and http.host eq "c"))',
    45,
    'and combines answers for each value of arrays, or single answers, not both',
  ],
]);

table('calls', [
  ['lower() eq "a"', 0, 'lower(value) does not take 0 arguments'],
  ['lower(http.host, "b") eq "a"', 0, 'lower(value) does not take 2 arguments'],
  ['concat() eq "a"', 0, 'concat(value, value, ...) does not take 0 arguments'],
  ['concat(http.host) eq "a"', 0, 'concat(value, value, ...) does not take 1 argument'],
  [
    'concat(http.host, 1) eq "a"',
    18,
    'the argument "value" of concat must be a string or an array, not an integer',
  ],
  [
    'len(concat(http.host, http.request.uri.args.names)) eq 1',
    22,
    'the argument "value" of concat must be a string like the first one',
  ],
  ['to_string(true or true) eq "a"', 15, 'unexpected or: expected , or ) in the call of to_string, in which'],
  ['substring(http.host) eq "a"', 0, 'substring(source, start, [end]) does not take 1 argument'],
  ['lower(ip.src) eq "a"', 6, 'the argument "value" of lower must be a string, not an IP address'],
  [
    'lower(http.request.headers["a"]) eq "a"',
    6,
    'the argument "value" of lower must be a string, not an array of strings: take',
  ],
  ['len(ip.src) eq 1', 4, 'the argument "value" of len must be a string or an array'],
  ['len(http.request.headers) eq 1', 4, 'the argument "value" of len must be'],
  ['any(http.host eq "a")', 4, 'the argument "booleans" of any must be an array of booleans, not a boolean'],
  ['any(true)', 4, 'the argument "booleans" of any must be an array of booleans, not a boolean'],
  [
    'any(http.request.headers["a"])',
    4,
    'the argument "booleans" of any must be an array of booleans, not an array of strings',
  ],
  [
    'any(http.request.headers["a"][*])',
    4,
    'the argument "booleans" of any must be an array of booleans, not a string',
  ],
  [
    'starts_with("a", "b")',
    12,
    'the argument "source" of starts_with must be a field or a function, not a literal',
  ],
  ['starts_with(http.host, 1)', 23, 'the argument "start" of starts_with must be a string, not an integer'],
  [
    'ends_with(http.host, http.request.headers["a"][*])',
    21,
    '[*] goes only with the first argument of ends_with',
  ],
  ['concat("a", http.request.headers["a"][*]) eq "b"', 12, '[*] goes only with the first argument of concat'],
  [
    'regex_replace(http.host, http.referer, "a") eq "b"',
    25,
    'the argument "pattern" of regex_replace must be a literal',
  ],
  ['regex_replace(http.host, "(", "a") eq "b"', 25, 'regex_replace: the group is not closed'],
  [
    'regex_replace(http.host, "ab(", "a") eq "b"',
    25,
    'regex_replace: the group is not closed: a ) is missing, at its character 3',
  ],
  [
    'regex_replace(http.host, "(a){1001}", "a") eq "b"',
    25,
    'regex_replace: a group that captures is repeated more than 1000 times',
  ],
  ['regex_replace(http.host, "a", "$1") eq "b"', 30, 'regex_replace: a $ in a replacement must be $$'],
  [
    `regex_replace(http.host, "a", "${group(1)}") eq "b"`,
    30,
    `regex_replace: ${group(1)} is more than the 0 groups`,
  ],
  [
    `regex_replace(http.host, "(a)", "${group(1).repeat(9)}") eq "b"`,
    32,
    'regex_replace: a replacement has at most 8 groups, not 9',
  ],
  ['url_decode(http.host, "x") eq "a"', 22, 'url_decode: the options "x" must be of "r" and "u"'],
  ['url_decode(http.host, "rr") eq "a"', 22, 'url_decode: the options "rr" must be of'],
  ['url_decode("a") eq "a"', 11, 'the argument "source" of url_decode must be a field'],
  ['lower(http.host eq "a"', 22, 'unexpected end of the expression: expected , or ) in the call of lower'],
  ['lower(http.host "a") eq "b"', 16, 'unexpected "a": expected , or ) in the call of lower'],
  ['lower(, http.host) eq "b"', 6, 'unexpected ,: expected a field'],
  ['lower(http.host) ', 0, 'a string is no condition by itself'],
  ['lower(http.request.headers["a"][*]) eq "b"', 36, 'eq does not compare an array of strings'],
  ['starts_with(http.request.headers["a"][*], "b")', 0, 'an array of booleans is no condition by itself'],
  ['uuidv4(http.host) eq "a"', 0, '"uuidv4" is not a function'],
]);

test('an expression is as long as 4096 characters and no longer', () => {
  const ofLength = (length: number) => `http.host eq "${'a'.repeat(length - 15)}"`;
  compileExpression(ofLength(4096));
  const error = errorOf(ofLength(4097));
  expect([error.position, error.reason]).toEqual([
    4096,
    'an expression has at most 4096 characters, this one 4097',
  ]);
});

test.each([
  ['(', ')', 'true'],
  ['not ', '', 'true'],
  ['!', '', 'true'],
  ['lower(', ')', 'http.host'],
])('%s nests 128 deep and no deeper', (open, close, inner) => {
  const nested = (levels: number) =>
    `${open.repeat(levels)}${inner}${close.repeat(levels)}${inner === 'true' ? '' : ' eq "a"'}`;
  compileExpression(nested(128));
  const error = errorOf(nested(129));
  expect(error.reason).toBe('the expression nests more than 128 levels deep');
});

test.each(['(', 'not ', '!', 'any(', 'lower(', 'http.host[0]', '[0]', '{', '"', 'r#"', 'true and (', '\\'])(
  '4096 characters of %s are refused without a deep stack',
  (piece) => {
    const error = errorOf(piece.repeat(4096).slice(0, 4096));
    expect(error.position).toBeLessThanOrEqual(4096);
  },
);

test('indexes are refused without a deep stack', () => {
  expect(errorOf(`http.request.headers${'["a"]'.repeat(800)} eq "a"`).reason).toBe(
    'an array has its values by number: write [0] or [*]',
  );
});
