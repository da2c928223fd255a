import { expect, test } from 'vitest';
import { compileExpression } from '../../src/expressions/compile.js';
import { ExpressionError } from '../../src/expressions/expression-error.js';

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
  ['true & true', 5, 'unexpected "&": use && or and'],
  ['true | true', 5, 'unexpected "|": use || or or'],
  ['true ^ true', 5, 'unexpected "^": use ^^ or xor'],
  ["http.host eq 'a'", 13, 'unexpected "\'": strings stand in double quotes'],
  ['http.host eq “a”', 13, 'unexpected "“": outside of a string'],
  ['true 😀', 5, 'unexpected "😀": outside of a string'],
  ['true;', 4, 'unexpected ";": outside of a string'],
  ['http.host eq -', 13, 'unexpected "-": outside of a string'],
  ['true\u00a0', 4, 'unexpected "\u00a0": outside of a string'],
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
  ['ip.src lt 192.0.2.1', 7, 'lt does not compare an IP address, which has eq, ne, in'],
  ['ip.src le 192.0.2.1', 7, 'le does not compare an IP address'],
  ['ip.src > 192.0.2.1', 7, 'gt does not compare an IP address'],
  ['ip.src ge 192.0.2.1', 7, 'ge does not compare an IP address'],
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
  ['http.host in "a"', 13, 'unexpected "a": expected the values after in, in braces'],
  ['http.host in ("a")', 13, 'unexpected (: expected the values after in, in braces'],
  ['http.host in {}', 13, 'the set must have at least one value'],
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
  ['ip.src in {10.0.0/8}', 11, '10.0.0/8 is not a network'],
  ['ip.src in {10.0.0.2..10.0.0.1}', 11, 'the range 10.0.0.2..10.0.0.1 goes backwards'],
  ['ip.src in {10.0.0.2..::1}', 11, 'the range 10.0.0.2..::1 must go from one integer to another'],
  ['ip.src in {10.0.0.2..}', 11, 'the range 10.0.0.2.. must go from'],
  ['ip.src in {1..5}', 11, '1..5 is not an IP address'],
  ['ip.src in {192.0.2.256}', 11, 'unexpected 192.0.2.256: expected a string'],
  ['dns.qry.type in {5..1}', 17, 'the range 5..1 goes backwards'],
  ['dns.qry.type in {1..x}', 17, 'the range 1..x must go'],
  ['dns.qry.type in {10.0.0.0/8}', 17, '10.0.0.0/8 is not an integer'],
  ['dns.qry.type eq 1..5', 16, '1..5 is more than one value: write in {1..5}'],
  ['dns.qry.type eq 01', 16, 'the integer 01 must be decimal, without zeros in front'],
  ['dns.qry.type eq -0', 16, 'the integer -0 must be decimal'],
  ['dns.qry.type eq 0x1c', 16, 'unexpected 0x1c: expected a string'],
  ['dns.qry.type eq 1.5', 16, 'unexpected 1.5: expected a string'],
  ['dns.qry.type eq 9007199254740992', 16, 'the integer 9007199254740992 must be between'],
  ['dns.qry.type in {1..9007199254740992}', 20, 'the integer 9007199254740992 must be between'],
]);

table('patterns and wildcards', [
  ['http.host matches "("', 18, 'the pattern: missing closing )'],
  ['http.host matches "a**"', 18, 'the pattern: invalid nested repetition operator'],
  ['http.host ~ r"(?=a)"', 12, 'the pattern: invalid or unsupported Perl syntax'],
  ['http.host ~ r"(a)\\1"', 12, 'the pattern: invalid escape sequence: `\\1`'],
  ['http.host ~ "[z-a]"', 12, 'the pattern: invalid character class range'],
  ['http.host ~ "a{1001}"', 12, 'the pattern: invalid repeat count'],
  ['http.host ~ "a{900}b{900}c{900}"', 12, 'the pattern: its repetitions add up to 2700, more than 2000'],
  [
    `http.host ~ "(?i)[${'\u0100-\uffff'.repeat(11)}]"`,
    12,
    'the pattern: its ranges beyond ASCII add up to 11, more than 10',
  ],
  [
    `http.host ~ "${'\\pL'.repeat(101)}"`,
    12,
    'the pattern: its Unicode classes add up to 101, more than 100',
  ],
  ['http.host ~ "(a|b){999}"', 12, 'the pattern: it needs '],
  [
    Array.from({ length: 3 }, () => `http.host ~ "${'[\u0100-\uffff]'.repeat(9)}"`).join(' or '),
    138,
    'the pattern: it takes 9 of the 20 ranges beyond ASCII that all rules have together, and 2 are left',
  ],
  ['http.host wildcard "a**"', 19, 'the wildcard "a**": ** has no meaning: use one *'],
  ['http.host wildcard r"a\\b"', 19, 'the wildcard "a\\\\b": a backslash stands only before *'],
  ['http.host strict wildcard "**"', 26, 'the wildcard "**": ** has no meaning'],
]);

table('arrays and maps', [
  ['http.request.headers[0][0] eq "a"', 20, 'a map has its values by name: write ["name"]'],
  ['http.request.headers[*] eq "a"', 20, 'a map has its values by name'],
  ['http.request.headers["a"]["b"] eq "a"', 25, 'an array has its values by number: write [0] or [*]'],
  ['http.host[0] eq "a"', 9, 'a string has no values inside that an index could name'],
  ['http.request.headers["a"][0][0] eq "a"', 28, 'a string has no values inside'],
  ['any(http.request.headers["a"][*][*] eq "a")', 32, '[*] is the last index of a value'],
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
    44,
    'and combines answers for values of one array, or single answers, not both',
  ],
  [
    'any(http.request.headers["a"][*] eq "b" or http.request.headers["c"][*] eq "d")',
    43,
    'or combines answers for values of one array',
  ],
]);

table('calls', [
  ['lower() eq "a"', 0, 'lower(value) does not take 0 arguments'],
  ['lower(http.host, "b") eq "a"', 0, 'lower(value) does not take 2 arguments'],
  ['concat() eq "a"', 0, 'concat(value, ...) does not take 0 arguments'],
  ['substring(http.host) eq "a"', 0, 'substring(source, start, [end]) does not take 1 argument'],
  ['lower(ip.src) eq "a"', 6, 'the argument "value" of lower must be a string, not an IP address'],
  [
    'lower(http.request.headers["a"]) eq "a"',
    6,
    'the argument "value" of lower must be a string, not an array of strings: take',
  ],
  ['len(ip.src) eq 1', 4, 'the argument "value" of len must be a string or an array of strings'],
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
    'concat(ip.src) eq "a"',
    7,
    'the argument "value" of concat must be a string or an integer, not an IP address',
  ],
  [
    'regex_replace(http.host, http.referer, "a") eq "b"',
    25,
    'the argument "pattern" of regex_replace must be a literal',
  ],
  ['regex_replace(http.host, "(", "a") eq "b"', 25, 'regex_replace: missing closing )'],
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
])('%s nests 64 deep and no deeper', (open, close, inner) => {
  const nested = (levels: number) =>
    `${open.repeat(levels)}${inner}${close.repeat(levels)}${inner === 'true' ? '' : ' eq "a"'}`;
  compileExpression(nested(64));
  const error = errorOf(nested(65));
  expect(error.reason).toBe('the expression nests more than 64 levels deep');
});

test.each(['(', 'not ', '!', 'any(', 'lower(', 'http.host[0]', '[0]', '{', '"', 'r#"', 'true and (', '\\'])(
  '4096 characters of %s are refused without a deep stack',
  (piece) => {
    const error = errorOf(piece.repeat(4096).slice(0, 4096));
    expect(error.position).toBeLessThanOrEqual(4096);
  },
);

test('indexes nest no deeper either', () => {
  expect(errorOf(`http.request.headers${'[0]'.repeat(1000)} eq "a"`).reason).toBe(
    'the expression nests more than 64 levels deep',
  );
});
