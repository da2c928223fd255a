// Compiles random expressions, right ones, nearly right ones and noise, and runs those that compile. Fails when anything but
// an ExpressionError with a place in the text is thrown, when a right one is refused or its parts do not combine, and when
// twice the input takes much more than twice the time.
//
//   npm run fuzz:expressions                                  the same expressions each time
//   npm run fuzz:expressions -- --seed 7 --expressions 1000000
import { performance } from 'node:perf_hooks';
import { compileExpression } from '../dist/expressions/compile.js';
import { ExpressionError } from '../dist/expressions/types.js';
import {
  mutatedExpression,
  noise,
  pick,
  randomOf,
  tokenSoup,
  validExpression,
} from './random-expressions.mjs';
import { readArguments } from './support/arguments.mjs';

/** Above this, twice the input takes more than can be put down to chance: quadratic would be 4. */
const MOST_GROWTH = 3;
const { values: options } = readArguments(import.meta.filename, {
  options: {
    seed: { type: 'string', default: '1', from: 0, tells: 'another one makes other expressions' },
    expressions: { type: 'string', default: '100000', from: 1, tells: 'how many' },
  },
});

function request(http, facts = {}) {
  const { headers = {}, ...rest } = http;
  const defaults = {
    method: 'GET',
    host: 'www.example.com',
    uri: '/a/b?a=b',
    version: 'HTTP/1.1',
    timestamp: 1,
  };
  return {
    ...{ loadBalancer: 'lb.example.com', region: 'WNAM', clientIp: '192.0.2.7', dns: null, ...facts },
    http: { ...defaults, ...rest, headers: () => new Map(Object.entries(headers)) },
  };
}

function query(dns, facts = {}) {
  return {
    ...{ loadBalancer: 'lb.example.com', region: 'WEU', clientIp: '::1', http: null, ...facts },
    dns: { name: 'www.example.com.', type: 1, unicast: false, clientSubnet: null, ...dns },
  };
}

const REQUESTS = {
  http: [
    request({}),
    request({ host: 'a', uri: '/?a=www.example.com&a&b=%41', headers: { x: ['a', '\xc3\xa9'] } }),
  ],
  dns: [query({}), query({ type: 28, unicast: true, clientSubnet: '10.0.0.1' })],
};
const every = [...REQUESTS.http, ...REQUESTS.dns];
const violations = [];
const counts = { right: 0, compiled: 0, refused: 0 };

function violation(text, what) {
  violations.push(`${JSON.stringify(text)}: ${what}`);
}

function tryOne(text) {
  try {
    const expression = compileExpression(text);
    for (const facts of every)
      if (typeof expression.matches(facts) !== 'boolean') violation(text, 'does not answer with a boolean');
    counts.compiled++;
  } catch (error) {
    if (!(error instanceof ExpressionError)) violation(text, String(error?.stack));
    else if (!(error.position >= 0 && error.position <= text.length))
      violation(text, `position ${error.position} of ${text.length}`);
    counts.refused++;
  }
}

function tryRight(random) {
  const kind = pick(random, ['http', 'dns']);
  const [a, b] = [validExpression(random, kind), validExpression(random, kind)];
  counts.right += 2;
  try {
    for (const facts of REQUESTS[kind]) {
      const holds = (text) => compileExpression(text).matches(facts);
      const [left, right] = [holds(a), holds(b)];
      if (holds(`not (${a})`) === left) violation(a, 'is what its opposite is');
      if (holds(`(${a}) and (${b})`) !== (left && right)) violation(`${a} | ${b}`, 'do not combine with and');
      if (holds(`(${a}) or (${b})`) !== (left || right)) violation(`${a} | ${b}`, 'do not combine with or');
      if (holds(`(${a}) xor (${b})`) !== (left !== right))
        violation(`${a} | ${b}`, 'do not combine with xor');
    }
  } catch (error) {
    violation(`${a} | ${b}`, String(error?.stack));
  }
}

const filled = (size, piece, head = '', tail = '') =>
  head + piece.repeat(Math.max(0, Math.floor((size - head.length - tail.length) / piece.length))) + tail;
const compiling = (make) => (size) => {
  const text = make(size);
  return () => {
    try {
      compileExpression(text);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
    }
  };
};
const matching = (condition, make) => (size) => {
  const expression = compileExpression(condition);
  const facts = request({ host: make(size) });
  return () => expression.matches(facts);
};

/** Each with the smaller of two sizes, in characters. */
const GROWTHS = [
  ['compile: or', 2000, compiling((size) => filled(size, 'true or ', '', 'true'))],
  ['compile: groups', 2000, compiling((size) => filled(size, '((true)) and ', '', 'true'))],
  ['compile: open groups', 2000, compiling((size) => filled(size, '('))],
  ['compile: a set of strings', 2000, compiling((size) => filled(size, '"ab" ', 'http.host in {', '}'))],
  ['compile: a set of networks', 2000, compiling((size) => filled(size, '10.0.0.0/8 ', 'ip.src in {', '}'))],
  ['compile: arguments', 2000, compiling((size) => filled(size, '"a", ', 'concat(', '"a") eq "b"'))],
  ['compile: a string', 2000, compiling((size) => filled(size, '\\x41', 'http.host eq "', '"'))],
  ['compile: a pattern', 900, compiling((size) => filled(size, 'a|', 'http.host ~ "', 'b"'))],
  ['compile: a wildcard', 2000, compiling((size) => filled(size, '*a', 'http.host wildcard "', '"'))],
  ['compile: not closed', 2000, compiling((size) => filled(size, 'a\\"', 'http.host eq "'))],
  ['match: (a+)+$', 32_000, matching('http.host ~ "(a+)+$"', (size) => filled(size, 'a', '', '!'))],
  ['match: (a|aa)+$', 32_000, matching('http.host ~ "(a|aa)+$"', (size) => filled(size, 'a', '', '!'))],
  [
    'match: a wildcard',
    32_000,
    matching(`http.host wildcard "${'*ab'.repeat(1000)}*c"`, (size) => filled(size, 'a')),
  ],
  [
    'match: contains',
    32_000,
    matching(`http.host contains "${'a'.repeat(2000)}b"`, (size) => filled(size, 'a')),
  ],
  [
    'match: url_decode',
    32_000,
    matching('url_decode(http.host, "ru") eq ""', (size) => filled(size, '25', '%', '41')),
  ],
  [
    'match: regex_replace',
    32_000,
    matching('regex_replace(http.host, "(a+)+$", "") eq ""', (size) => filled(size, 'a', '', '!')),
  ],
];

/** Milliseconds of CPU time of one run, the best of several, so that what else the machine does counts little. */
function best(run) {
  let runs = 1;
  for (;;) {
    const took = time(run, runs);
    if (took > 4 || runs > 1e6) break;
    runs *= 2;
  }
  return Math.min(...Array.from({ length: 7 }, () => time(run, runs))) / runs;
}

function time(run, runs) {
  const started = process.cpuUsage();
  for (let i = 0; i < runs; i++) run();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

const total = Number(options.expressions);
const seed = Number(options.seed);
if (!Number.isSafeInteger(total) || total < 1 || !Number.isSafeInteger(seed)) {
  console.error('--expressions and --seed must be integers, --expressions at least 1');
  process.exit(2);
}
const random = randomOf(seed);
const started = performance.now();
for (let i = 0; i < total && violations.length < 20; i++) {
  if (i % 10 === 0) tryRight(random);
  else tryOne(pick(random, [tokenSoup, mutatedExpression, noise])(random));
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `seed ${seed}: ${counts.right} right expressions, ${counts.compiled} others compiled, ${counts.refused} refused, in ${seconds} s`,
);

console.log('\ntime for an input, and how much more for one of twice the size');
for (const [name, size, make] of GROWTHS) {
  const [small, large] = [best(make(size)), best(make(2 * size))];
  const growth = large / small;
  console.log(`${name.padEnd(28)} ${(1000 * small).toFixed(1).padStart(9)} us  x ${growth.toFixed(2)}`);
  if (growth > MOST_GROWTH)
    violations.push(`${name}: twice the input takes ${growth.toFixed(2)} times as long`);
}

for (const one of violations) console.error(`VIOLATION ${one}`);
console.log(`\n${violations.length} violations`);
process.exit(violations.length === 0 ? 0 : 1);
