// What a script was asked for on its command line. `--help` and `-h` print the comment that its file begins with, and its options; what it does not
// take is refused with a sentence and the code 2. Either ends the process, so a script reads its arguments before it does anything.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '../..');
const HELP = { type: 'boolean', short: 'h', tells: 'this text' };

/**
 * `options` are those of parseArgs; besides, `tells` is what --help says of one, `oneOf` the words that it can be, `from` and `to` make it a number (a
 * string still). `words` is what may stand without dashes: its `name`, what it `tells`, `oneOf`, and how many at `least` and at `most`; null is none.
 * `help` takes the place of the text that is made of all this.
 */
export function readArguments(file, { options = {}, words = null, help = null } = {}) {
  const script = path.relative(ROOT, file);
  const all = { ...options, help: HELP };
  const { values, positionals, tokens } = parseArgs({
    options: all,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (values.help !== undefined) end(0, help ?? helpOf(file, all, words));
  const problem =
    tokens
      .filter(({ kind }) => kind === 'option')
      .map((token) => problemOfOption(token, all, words))
      .find((found) => found !== null) ?? problemOfWords(positionals, all, words);
  if (problem) end(2, `${script} ${problem}\n`);
  return { values, words: positionals };
}

function problemOfOption({ rawName, name, value, inlineValue }, options, words) {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return `takes no "${rawName}"; it takes ${taken(options, words)}`;
  if (option.type === 'boolean')
    return value === undefined ? null : `takes --${name} without a value, and was given "${value}"`;
  const wanted = wantedBy(option);
  // A flag behind it is more likely a flag than a value.
  if (value === undefined || (!inlineValue && value.startsWith('-')))
    return `takes --${name} with ${wanted}, as in --${name}=${exampleOf(option)}, and was given ${value === undefined ? 'nothing' : `"${value}"`}`;
  return fits(value, option) ? null : `takes --${name} with ${wanted}, and was given "${value}"`;
}

function problemOfWords(given, options, words) {
  const { name, tells, oneOf, least = 0, most = Number.POSITIVE_INFINITY } = words ?? { most: 0 };
  const unknown = oneOf ? given.find((word) => !oneOf.includes(word)) : given[most];
  if (unknown !== undefined) return `takes no "${unknown}"; it takes ${taken(options, words)}`;
  if (given.length > most) return `takes ${most} ${name} at most, and was given "${given.join(' ')}"`;
  return given.length < least ? `takes a ${name}, and was given none: ${tells}` : null;
}

function taken(options, words) {
  const ofWords = words === null ? [] : (words.oneOf ?? [words.name]);
  return [...ofWords, ...Object.keys(options).map((name) => `--${name}`)].join(', ');
}

function wantedBy({ oneOf, from, to }) {
  if (oneOf) return `one of ${oneOf.join(', ')}`;
  if (from === undefined) return 'a value';
  return `a number from ${from}${to === undefined ? '' : ` to ${to}`}`;
}

function exampleOf({ oneOf, from, default: usual }) {
  return usual || oneOf?.[0] || (from ?? 'VALUE');
}

function fits(value, { oneOf, from, to = Number.POSITIVE_INFINITY }) {
  if (oneOf) return oneOf.includes(value);
  return from === undefined || (value.trim() !== '' && Number(value) >= from && Number(value) <= to);
}

function helpOf(file, options, words) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  );
  const rows = [
    ...(words === null ? [] : [[words.name, told(words)]]),
    ...Object.entries(options).map(([name, option]) => [
      `--${name}${option.type === 'string' ? ' VALUE' : ''}${option.short ? `, -${option.short}` : ''}`,
      told(option),
    ]),
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  const table = rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`);
  return `${[...comment.map((line) => line.replace(/^\/\/ ?/, '')), '', ...table].join('\n')}\n`;
}

/** With the words that are possible, and what it is when nobody says. */
function told({ tells, oneOf, default: usual }) {
  return `${tells}${oneOf ? `: ${oneOf.join(', ')}` : ''}${usual ? ` (${usual})` : ''}`;
}

function end(code, text) {
  (code === 0 ? process.stdout : process.stderr).write(text);
  process.exit(code);
}
