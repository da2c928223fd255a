import { expect, test } from 'vitest';
import { compileExpression } from '../../src/expressions/compile.js';
import { httpRequest } from './requests.js';

const request = httpRequest({
  host: 'www.example.com',
  uri: '/a%20b/c+d?q=%2541%u2601&%7e=1',
  headers: {
    x: ['MixedCase', 'other'],
    // As the proxy reads it: one character for each byte of "Zürich ☁".
    city: [Buffer.from('Zürich ☁').toString('latin1')],
    broken: ['a\xffb'],
    long: ['y'.repeat(20_000)],
    codes: ['%uD83D%uDE00', '%', '%4', '%zz', '%252525', '%E4%BD', '%u00e9'],
  },
});
/** How a replacement names what a group has matched. */
const group = (number: number) => `\${${number}}`;
const holds = (expression: string) => compileExpression(expression).matches(request);

test.each([
  'any(http.request.headers["x"][*] == "other")',
  'not any(http.request.headers["x"][*] == "third")',
  'all(http.request.headers["x"][*] != "third")',
  'not all(http.request.headers["x"][*] == "other")',
  'concat("String1", " ", "String", to_string(2)) eq "String1 String2"',
  'concat(http.host, to_string(1), "-2") eq "www.example.com1-2"',
  'concat(to_string(len(http.host)), "") eq "15"',
  'concat(http.request.headers["x"][*], "!")[1] eq "other!"',
  'ends_with(http.host, ".com")',
  'not ends_with(http.host, ".COM")',
  'ends_with(http.host, "")',
  'starts_with(http.host, "www.")',
  'not starts_with(http.host, "example")',
  'starts_with(lower(http.request.headers["x"][0]), "mixed")',
  'len(http.host) eq 15',
  'len("") eq 0',
  'len(http.request.headers["x"]) eq 2',
  'len(http.request.headers["x"][*])[0] eq 9',
  'len(http.request.uri.args.names) eq 2',
  'lower(http.request.headers["x"][0]) eq "mixedcase"',
  'upper(http.request.headers["x"][0]) eq "MIXEDCASE"',
  'upper("aZ09é") eq "AZ09é"',
  'lower("AÉ") eq "aÉ"',
  'regex_replace("/foo/bar", "/bar$", "/baz") == "/foo/baz"',
  'regex_replace("/x", "^/y$", "/mumble") == "/x"',
  'regex_replace("/foo", "^/FOO$", "/x") == "/foo"',
  'regex_replace("/a/a", "/a", "/b") == "/b/a"',
  'regex_replace("/b", "^/b$", "/b$$") == "/b$"',
  `regex_replace("/foo/a/path", "^/foo/([^/]*)/(.*)$", "/bar/${group(2)}/${group(1)}") == "/bar/path/a"`,
  `regex_replace("ab", "(x)?b", "[${group(1)}]") == "a[]"`,
  `regex_replace("ab", "b", "${group(0)}${group(0)}") == "abb"`,
  'regex_replace("a.b", r"\\.", "-") == "a-b"',
  'regex_replace("a.b", "\\\\.", "-") == "a-b"',
  'regex_replace(http.request.headers["city"][0], "ü", "ue") == "Zuerich ☁"',
  'regex_replace(http.request.headers["x"][*], "^o", "0")[1] eq "0ther"',
  'remove_bytes(http.host, "\\x2e\\x77") == "examplecom"',
  'remove_bytes(http.host, "") == "www.example.com"',
  'substring(http.host, 4, 11) eq "example"',
  'substring(http.host, 4) eq "example.com"',
  'substring(http.host, -3) eq "com"',
  'substring(http.host, 0, -4) eq "www.example"',
  'substring(http.host, 9, 3) eq ""',
  'substring(http.host, 99) eq ""',
  'substring(http.request.headers["city"][0], 1, 3) eq "ü"',
  'substring(http.host, len("www.")) eq "example.com"',
  'to_string(ip.src) eq "192.0.2.7"',
  'to_string(http.request.timestamp.sec) eq "1700000000"',
  'to_string(true) eq "true"',
  'to_string(http.host eq "x") eq "false"',
  'to_string(-5) eq "-5"',
  'url_decode(http.request.uri.path) eq "/a b/c d"',
  'url_decode(http.request.uri.args["q"][0]) eq "%41%u2601"',
  'url_decode(http.request.uri.args["q"][0], "r") eq "A%u2601"',
  'url_decode(http.request.uri.args["q"][0], "u") eq "%41☁"',
  'url_decode(http.request.uri.args["q"][0], "ur") eq "A☁"',
  'url_decode(http.request.uri.args["q"][0], "ru") eq "A☁"',
  'url_decode(http.request.headers["codes"][0], "u") eq "😀"',
  'url_decode(http.request.headers["codes"][1]) eq "%"',
  'url_decode(http.request.headers["codes"][2]) eq "%4"',
  'url_decode(http.request.headers["codes"][3]) eq "%zz"',
  'url_decode(http.request.headers["codes"][4]) eq "%2525"',
  'url_decode(http.request.headers["codes"][4], "r") eq "%"',
  'url_decode(http.request.headers["codes"][5]) eq "\\xe4\\xbd"',
  'url_decode(http.request.headers["codes"][6], "u") eq "é"',
  'any(url_decode(http.request.uri.args.names[*])[*] eq "~")',
])('%s', (expression) => {
  expect(holds(expression)).toBe(true);
});

test.each([
  ['http.request.headers["city"][0] eq "Zürich ☁"', true],
  ['http.request.headers["city"][0] eq "Z\\xc3\\xbcrich \\342\\230\\201"', true],
  ['http.request.headers["city"][0] contains "ü"', true],
  ['http.request.headers["city"][0] contains "\\xbc"', true],
  ['http.request.headers["city"][0] in {"Zürich ☁"}', true],
  ['http.request.headers["city"][0] wildcard "z*☁"', true],
  ['http.request.headers["city"][0] wildcard "ZÜRICH*"', false],
  ['http.request.headers["city"][0] matches "^Z.rich .$"', false],
  ['http.request.headers["city"][0] matches "(?u)^Z.rich .$"', true],
  ['http.request.headers["city"][0] matches "^Z..rich"', true],
  ['http.request.headers["city"][0] matches "(?u)\\p{Lu}\\p{Ll}+"', true],
  ['http.request.headers["city"][0] matches "(?i)zÜRICH"', false],
  ['http.request.headers["city"][0] matches "(?iu)zÜRICH"', true],
  ['len(http.request.headers["city"][0]) eq 11', true],
  ['len("😀") eq 4', true],
  ['http.request.headers["broken"][0] matches "^a.b$"', true],
  ['http.request.headers["broken"][0] eq "a\\xffb"', true],
  ['http.request.headers["broken"][0] eq "a\\377b"', true],
  ['http.request.headers["broken"][0] eq "aÿb"', false],
])('text is UTF-8 on both sides, and a string is its bytes: %s is %s', (expression, expected) => {
  expect(holds(expression)).toBe(expected);
});

test.each([
  [String.raw`http.host ne "a\"b"`, 'a"b'],
  [String.raw`http.host ne "a\\b"`, 'a\\b'],
  [String.raw`http.host ne "\x61\x2D\x7a"`, 'a-z'],
  [String.raw`http.host ne "\101\060"`, 'A0'],
  [String.raw`http.host ne r"a\x61"`, 'a\\x61'],
  ['http.host ne r#"say "hi""#', 'say "hi"'],
  ['http.host ne r##"a"#b"##', 'a"#b'],
  ['http.host ne r""', ''],
  ['http.host ne "two\nlines"', 'two\nlines'],
  ['http.host ne "it\'s"', "it's"],
])('%s is about %j', (expression, host) => {
  const compiled = compileExpression(expression);
  expect(compiled.matches(httpRequest({ host }))).toBe(false);
  expect(compiled.matches(httpRequest({ host: `${host}.` }))).toBe(true);
});

test.each([
  [String.raw`http.host matches "a\"b"`, 'a"b', 'a\\b'],
  [String.raw`http.host matches "a\.b"`, 'a.b', 'a-b'],
  [String.raw`http.host matches "a\\b"`, 'a\\b', 'a"b'],
  [String.raw`http.host matches r"a\.b"`, 'a.b', 'a-b'],
  ['http.host matches r#"a"b"#', 'a"b', 'ab'],
  ['http.host matches r##"a"#b"##', 'a"#b', 'a"b'],
  [String.raw`http.host matches "^\x41\d$"`, 'A1', 'x41d'],
])('the backslashes of a pattern are its own: %s matches %j and not %j', (expression, host, other) => {
  const compiled = compileExpression(expression);
  expect(compiled.matches(httpRequest({ host }))).toBe(true);
  expect(compiled.matches(httpRequest({ host: other }))).toBe(false);
});

test('the name of a load balancer of an account may be any text', () => {
  const facts = httpRequest({}, { loadBalancer: 'Büro' });
  expect(compileExpression('cf.load_balancer.name eq "Büro"').matches(facts)).toBe(true);
  expect(compileExpression('cf.load_balancer.name matches "(?u)^B.ro$"').matches(facts)).toBe(true);
});

test('a string that functions make too long is a missing value', () => {
  const grown = (levels: number): string =>
    levels === 0 ? 'http.request.headers["long"][0]' : `concat(${grown(levels - 1)}, ${grown(levels - 1)})`;
  expect(holds(`${grown(2)} contains "y"`)).toBe(true);
  expect(holds(`${grown(3)} contains "y"`)).toBe(false);

  const nested = (levels: number): string =>
    levels === 0 ? 'http.host' : `regex_replace(${nested(levels - 1)}, "^(.*)$", "${group(1).repeat(8)}")`;
  expect(holds(`len(${nested(4)}) eq ${15 * 8 ** 4}`)).toBe(true);
  expect(holds(`len(${nested(40)}) ge 0`)).toBe(false);

  const joined = (values: number) =>
    compileExpression(
      'any(concat(http.request.uri.args.names[*], http.request.headers["long"][0])[*] contains "y")',
    ).matches(httpRequest({ uri: `/?${'a&'.repeat(values)}`, headers: { long: ['y'.repeat(20_000)] } }));
  expect([joined(6), joined(7)]).toEqual([true, false]);
});
