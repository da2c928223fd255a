import { expect, test } from 'vitest';
import { compileExpression } from '../../src/expressions/compile.js';
import type { Facts } from '../../src/expressions/facts.js';
import { dnsQuery, httpRequest } from './requests.js';

type Case = readonly [expression: string, holds: boolean];

const table = (name: string, facts: Facts, cases: readonly Case[]) =>
  test.each(cases)(`${name}: %s is %s`, (expression, holds) => {
    expect(compileExpression(expression).matches(facts)).toBe(holds);
  });

const shop = httpRequest({
  method: 'POST',
  host: 'shop.example.com',
  uri: '/Cart/items?size=10&colour=red&colour=blue&empty=&bare',
  version: 'HTTP/2',
  headers: {
    accept: ['text/html', 'application/json'],
    cookie: ['session=abc; theme=dark'],
    referer: ['https://example.net/start'],
    'user-agent': ['Mozilla/5.0'],
    'x-star': ['a*b'],
    'x-none': [],
  },
});

table('the order of strings is that of their bytes', shop, [
  ['http.host eq "shop.example.com"', true],
  ['http.host == "shop.example.com"', true],
  ['http.host eq "SHOP.example.com"', false],
  ['http.host ne "shop.example.com"', false],
  ['http.host != "other"', true],
  ['http.host lt "shop.f"', true],
  ['http.host < "shop.e"', false],
  ['http.host le "shop.example.com"', true],
  ['http.host <= "shop"', false],
  ['http.host gt "shop"', true],
  ['http.host > "shop.example.com"', false],
  ['http.host ge "shop.example.com"', true],
  ['http.host >= "shop.f"', false],
  ['http.host lt "é"', true],
  ['http.host contains "example"', true],
  ['http.host contains "Example"', false],
  ['http.host contains ""', true],
  ['http.host in {"a" "shop.example.com" "b"}', true],
  ['http.host in {"shop" "example.com"}', false],
  ['http.host in {"shop.example.com" "shop.example.com"}', true],
  ['http.host in{"shop.example.com"}', true],
  ['http.host in {}', false],
  ['http.request.method eq 50:4f-53.54', true],
  ['http.request.method contains 4f:53', true],
  ['http.host=="shop.example.com"', true],
]);

table('integers compare as numbers', shop, [
  ['http.request.timestamp.sec eq 1700000000', true],
  ['http.request.timestamp.sec ne 1700000000', false],
  ['http.request.timestamp.sec lt 1700000001', true],
  ['http.request.timestamp.sec le 1699999999', false],
  ['http.request.timestamp.sec gt 9', true],
  ['http.request.timestamp.sec ge 1700000000', true],
  ['http.request.timestamp.sec > -1', true],
  ['len(http.host) == 16', true],
  ['len(http.host) in {1 2 16}', true],
  ['len(http.host) in {1..15 17..20}', false],
  ['len(http.host) in {1..10 12..16}', true],
  ['len(http.host) in {12..30 1..20 18}', true],
  ['len(http.host) in {16..16}', true],
  ['len(http.host) in {1..20 5..8}', true],
  ['len(http.host) in {-5..-1 0}', false],
  ['http.request.timestamp.sec le 9223372036854775807', true],
  ['http.request.timestamp.sec eq 0x6553f100', true],
  ['http.request.timestamp.sec eq 014524770400', true],
  ['http.request.timestamp.sec & 0x100', true],
  ['http.request.timestamp.sec bitwise_and 1', false],
  ['http.request.timestamp.sec in {}', false],
]);

const from = (clientIp: string) => httpRequest({}, { clientIp });

table('IPv4 addresses', from('10.1.2.3'), [
  ['ip.src eq 10.1.2.3', true],
  ['ip.src == 10.1.2.4', false],
  ['ip.src ne 10.1.2.3', false],
  ['ip.src != 10.1.2.4', true],
  ['ip.src eq ::ffff:10.1.2.3', false],
  ['ip.src ne ::ffff:10.1.2.3', true],
  ['ip.src in {::ffff:10.0.0.0/104}', false],
  ['ip.src lt 10.1.2.4', true],
  ['ip.src ge 10.1.2.4', false],
  ['ip.src lt ::', false],
  ['ip.src gt ::', false],
  ['ip.src in {10/8}', true],
  ['ip.src in {10.1.2.03}', true],
  ['ip.src in {}', false],
  ['ip.src in {10.0.0.0/8}', true],
  ['ip.src in {10.0.0.0/15}', true],
  ['ip.src in {10.0.0.0/16}', false],
  ['ip.src in {10.1.2.3/32}', true],
  ['ip.src in {0.0.0.0/0}', true],
  ['ip.src in {::/0}', false],
  ['ip.src in {10.1.2.2..10.1.2.3}', true],
  ['ip.src in {10.1.2.4..10.1.2.9}', false],
  ['ip.src in {10.1.2.3..10.1.2.3}', true],
  ['ip.src in {2001:db8::1 192.0.2.1 10.1.2.3}', true],
  ['ip.src in {10.2.0.0/16 10.0.0.0/8 10.3.0.0..10.3.0.1}', true],
  ['not ip.src in {10.0.0.0/8}', false],
]);

table('IPv6 addresses', from('2001:db8::7'), [
  ['ip.src eq 2001:db8::7', true],
  ['ip.src eq 2001:0DB8:0:0:0:0:0:7', true],
  ['ip.src ne ::1', true],
  ['ip.src in {2001:db8::/32}', true],
  ['ip.src in {2001:db9::/32 fd00::/8}', false],
  ['ip.src in {2001:db8::1..2001:db8::f}', true],
  ['ip.src in {::1..::2}', false],
  ['ip.src in {0.0.0.0/0}', false],
  ['ip.src in {::/0 0.0.0.0/0}', true],
]);

table('wildcards take the whole value; only strict ones see case', shop, [
  ['http.host wildcard "*.example.com"', true],
  ['http.host wildcard "*.EXAMPLE.com"', true],
  ['http.host strict wildcard "*.EXAMPLE.com"', false],
  ['http.host strict wildcard "*.example.com"', true],
  ['http.host wildcard "example"', false],
  ['http.host wildcard "*example*"', true],
  ['http.host wildcard "*"', true],
  ['http.host wildcard ""', false],
  ['http.host wildcard "shop.example.com"', true],
  ['http.host wildcard "shop.example.com*"', true],
  ['http.host wildcard "shop*com"', true],
  ['http.host wildcard "shop*com*com"', false],
  ['http.host wildcard "shop.example.c*example.com"', false],
  ['http.host wildcard "shop.example*example.com"', false],
  ['http.host wildcard "s*o*.*.c*m"', true],
  ['http.request.headers["x-star"][0] wildcard r"a\\*b"', true],
  ['http.request.headers["x-star"][0] wildcard "a\\\\*b"', true],
  ['http.host wildcard r"shop\\*"', false],
  ['http.request.uri.path wildcard "/cart/*"', true],
  ['http.request.uri.path strict wildcard "/cart/*"', false],
]);

table('patterns match any part of a value', shop, [
  ['http.host matches "example"', true],
  ['http.host ~ "^shop"', true],
  ['http.host ~ "^example"', false],
  ['http.host matches "EXAMPLE"', false],
  ['http.host matches "(?i)EXAMPLE"', true],
  ['http.host matches "\\.com$"', true],
  ['http.host matches r"^shop\\.example\\.com$"', true],
  ['http.host matches "^(www|shop)\\."', true],
  ['http.host matches "^[a-z.]{16}$"', true],
  ['http.request.uri matches "size=\\d+"', true],
  ['http.request.headers["user-agent"][0] ~ r#"^Mozilla/5"#', true],
]);

table('the fields of a proxied request', shop, [
  ['cf.load_balancer.name eq "lb.example.com"', true],
  ['cf.load_balancer.region in {"WNAM" "ENAM"}', true],
  ['http.cookie contains "theme=dark"', true],
  ['http.referer eq "https://example.net/start"', true],
  ['http.request.method eq "POST"', true],
  ['http.request.version eq "HTTP/2"', true],
  ['http.request.uri eq "/Cart/items?size=10&colour=red&colour=blue&empty=&bare"', true],
  ['http.request.uri.path eq "/Cart/items"', true],
  ['http.request.uri.query eq "size=10&colour=red&colour=blue&empty=&bare"', true],
  ['http.request.uri.args["colour"][1] eq "blue"', true],
  ['any(http.request.uri.args["colour"][*] == "red")', true],
  ['len(http.request.uri.args["colour"]) == 2', true],
  ['http.request.uri.args["empty"][0] eq ""', true],
  ['http.request.uri.args["bare"][0] eq ""', true],
  ['http.request.uri.args.names[0] eq "size"', true],
  ['len(http.request.uri.args.names) eq 5', true],
  ['http.request.uri.args.values[2] eq "blue"', true],
  ['any(http.request.uri.args.names[*] == "bare")', true],
  ['http.request.headers["accept"][1] eq "application/json"', true],
  ['http.request.headers["Accept"][1] eq "application/json"', false],
]);

const plain = httpRequest();

table('a request without headers and query', plain, [
  ['http.cookie eq ""', true],
  ['http.referer eq ""', true],
  ['http.request.uri.query eq ""', true],
  ['http.request.uri.path eq "/"', true],
  ['len(http.request.uri.args.names) eq 0', true],
  ['any(http.request.uri.args.names[*] eq "a")', false],
  ['all(http.request.uri.args.names[*] eq "a")', true],
]);

table('a missing value compares false, and a function of it is missing', shop, [
  ['http.request.headers["absent"][0] eq ""', false],
  ['http.request.headers["absent"][0] ne "x"', false],
  ['not http.request.headers["absent"][0] eq ""', true],
  ['http.request.headers["accept"][2] eq "x"', false],
  ['http.request.headers["x-none"][0] ne "x"', false],
  ['http.request.headers["constructor"][0] ne "x"', false],
  ['http.request.uri.args["__proto__"][0] ne "x"', false],
  ['any(http.request.headers["absent"][*] ne "x")', false],
  ['all(http.request.headers["absent"][*] ne "x")', true],
  ['not any(http.request.headers["absent"][*] eq "x")', true],
  ['len(http.request.headers["absent"]) >= 0', false],
  ['not len(http.request.headers["absent"]) >= 0', true],
  ['len(http.request.headers["accept"]) >= 0', true],
  ['lower(http.request.headers["absent"][0]) ne "x"', false],
  ['concat("a", http.request.headers["absent"][0]) eq "a"', true],
  ['concat(http.request.headers["absent"][0], http.request.headers["absent"][1]) ne "a"', false],
  ['starts_with(http.request.headers["absent"][0], "")', false],
  ['not starts_with(http.request.headers["absent"][0], "")', true],
  ['any(lower(http.request.headers["absent"][*])[*] ne "x")', false],
  ['len(http.request.headers["x-none"]) == 0', true],
]);

table('[*] asks for each value of an array', shop, [
  ['any(http.request.headers["accept"][*] contains "json")', true],
  ['all(http.request.headers["accept"][*] contains "json")', false],
  ['all(http.request.headers["accept"][*] contains "/")', true],
  ['any(lower(http.request.uri.args.names[*])[*] == "size")', true],
  ['lower(http.request.headers["accept"][*])[0] == "text/html"', true],
  ['all(len(http.request.uri.args["colour"][*])[*] in {3 4})', true],
  ['all(not len(http.request.uri.args["colour"][*])[*] in {3 4})', false],
  ['any(not http.request.headers["accept"][*] == "text/html")', true],
  ['any(starts_with(http.request.headers["accept"][*], "text/"))', true],
  ['any((starts_with(http.request.headers["accept"][*], "text/")[*]))', true],
  ['all(starts_with(http.request.headers["accept"][*], "text/"))', false],
  ['any(not starts_with(http.request.headers["accept"][*], "text/")[*])', true],
  [
    'any((http.request.headers["accept"][*] contains "text" and http.request.headers["accept"][*] contains "json"))',
    false,
  ],
  [
    'any((http.request.headers["accept"][*] contains "text" and lower(http.request.headers["accept"][*])[*] contains "html"))',
    true,
  ],
  [
    'all((http.request.headers["accept"][*] contains "text" or http.request.headers["accept"][*] contains "json"))',
    true,
  ],
  [
    'all((http.request.headers["accept"][*] contains "text" xor http.request.headers["accept"][*] contains "/"))',
    false,
  ],
  ['any(concat(http.request.headers["accept"][*], ";", http.host)[*] eq "text/html;shop.example.com")', true],
  ['len(lower(http.request.headers["accept"][*])) == 2', true],
]);

table('the fields of a query', dnsQuery({ type: 28, unicast: true, clientSubnet: '203.0.113.0' }), [
  ['dns.qry.name eq "www.example.com."', true],
  ['dns.qry.name.len eq 16', true],
  ['dns.qry.type eq 28', true],
  ['dns.qry.type in {1 28}', true],
  ['dns.qry.qu', true],
  ['not dns.qry.qu', false],
  ['dns.rr.opt.client', true],
  ['dns.rr.opt.client.addr in {203.0.113.0/24}', true],
  ['ip.src eq 198.51.100.1', true],
  ['cf.load_balancer.region eq "WEU"', true],
  ['to_string(dns.qry.qu) eq "true"', true],
  ['to_string(not dns.qry.qu) eq "false"', true],
]);

table('a query without a client subnet', dnsQuery(), [
  ['dns.rr.opt.client', false],
  ['not dns.rr.opt.client', true],
  ['dns.rr.opt.client.addr ne 203.0.113.1', false],
  ['not dns.rr.opt.client.addr eq 203.0.113.1', true],
]);

table('T59 a condition that hangs on a field of the other proxy mode is false', plain, [
  ['dns.qry.type eq 1', false],
  ['dns.qry.type ne 1', false],
  ['not dns.qry.type eq 1', false],
  ['dns.qry.qu', false],
  ['not dns.qry.qu', false],
  ['not not dns.qry.qu', false],
  ['dns.qry.qu or http.host eq "www.example.com"', true],
  ['dns.qry.qu or http.host eq "other"', false],
  ['not (dns.qry.qu and http.host eq "other")', true],
  ['not (dns.qry.qu and http.host eq "www.example.com")', false],
  ['not (dns.qry.qu or http.host eq "other")', false],
  ['dns.qry.qu xor true', false],
  ['true xor dns.qry.qu', false],
  ['concat(http.host, dns.qry.name) ne ""', false],
  ['not concat(http.host, dns.qry.name) eq ""', false],
]);

table('T59 and so is one of a DNS-only load balancer that hangs on the request', dnsQuery(), [
  ['http.host ne ""', false],
  ['not http.host eq "x"', false],
  ['any(http.request.headers["a"][*] eq "b")', false],
  ['not any(http.request.headers["a"][*] eq "b")', false],
  ['len(http.request.uri.args.names) eq 0', false],
  ['http.host eq "x" or ip.src in {198.51.100.0/24}', true],
]);

const T55 = 'not http.host eq "x" and http.request.method in {"POST" "PUT"} or ip.src in {10.0.0.0/8}';
test.each([
  ['other', 'POST', '1.1.1.1', true],
  ['other', 'GET', '1.1.1.1', false],
  ['x', 'POST', '1.1.1.1', false],
  ['x', 'GET', '10.0.0.1', true],
])('T55 not binds before and before or: host %s, %s from %s is %s', (host, method, clientIp, holds) => {
  expect(compileExpression(T55).matches(httpRequest({ host, method }, { clientIp }))).toBe(holds);
});

table('precedence is not, and, xor, or', plain, [
  ['true or true and false', true],
  ['(true or true) and false', false],
  ['true xor true and false', true],
  ['(true xor true) and false', false],
  ['true or true xor true', true],
  ['(true or true) xor true', false],
  ['false and true xor true', true],
  ['not false and false', false],
  ['not (false and false)', true],
  ['not true or true', true],
  ['true xor true xor true', true],
  ['true ^^ false', true],
  ['true && !false', true],
  ['false || true', true],
  ['!!true', true],
  ['not not not true', false],
]);

table('words and white space', plain, [
  ['', true],
  [' \t\r\n', true],
  ['true', true],
  ['false', false],
  ['((true))', true],
  ['\thttp.host\n  eq\r\n"www.example.com" ', true],
  ['(http.host eq "www.example.com")and(true)', true],
  ['http.host eq "eq"', false],
  ['http.host in {"}"}', false],
  ['http.host eq "and"or true', true],
]);
