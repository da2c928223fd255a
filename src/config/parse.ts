import { parseArgs } from 'node:util';
import type { Flag, Flags } from './flags.js';
import { isServiceLink } from './variables.js';

/** A mistake in flags or environment; its message is for the person at the terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Values<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends { repeatable: true }
    ? readonly string[]
    : F[K] extends { value: string }
      ? F[K] extends { fallback: string }
        ? string
        : string | null
      : boolean;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export const variableOf = (flag: string) => `OFFRAMP_${flag.replaceAll('-', '_').toUpperCase()}`;

/** As `parseFlags`, of a command that also takes words without a flag. */
export function parseFlagsAndWords<F extends Flags>(
  flags: F,
  argv: readonly string[],
  env: Environment,
): { readonly flags: Values<F>; readonly words: readonly string[] } {
  const { values, positionals } = readArgv(flags, argv, true);
  return { flags: withFallbacks(flags, values, env), words: positionals };
}

/** Flags win over `OFFRAMP_…` variables, those over the others, and those over defaults. An empty variable counts as unset. */
export function parseFlags<F extends Flags>(flags: F, argv: readonly string[], env: Environment): Values<F> {
  return withFallbacks(flags, readArgv(flags, argv, false).values, env);
}

function withFallbacks<F extends Flags>(
  flags: F,
  given: Readonly<Record<string, unknown>>,
  environment: Environment,
): Values<F> {
  const env = withoutExcluded(flags, given, environment);
  const values = Object.entries(flags).map(([name, flag]) => {
    const fromEnv = variableValue(name, flag, env);
    if (flag.repeatable) {
      const list = given[name] ?? listOf(fromEnv ?? flag.fallback);
      return [name, list];
    }
    if (flag.value === undefined)
      return [name, given[name] ?? parseSwitch(variableOf(name), env[variableOf(name)])];
    return [name, given[name] ?? fromEnv ?? flag.fallback ?? null];
  });
  return Object.fromEntries(values) as Values<F>;
}

/** People write a space behind a comma; nothing that a list takes begins or ends with one. */
const listOf = (text: string | undefined) => text?.split(',').map((value) => value.trim()) ?? [];

/** Of the environment; undefined when there is none. */
function variableValue(name: string, flag: Flag, env: Environment): string | undefined {
  return [variableOf(name), ...(flag.alsoFrom ?? [])]
    .map((variable) => env[variable])
    .find((value) => value !== undefined && value !== '' && !(flag.value === 'PORT' && isServiceLink(value)));
}

/**
 * The environment without what contradicts the command line: of two flags that exclude each other the one given there wins, as everywhere. Throws
 * UsageError when both come from the same.
 */
function withoutExcluded(
  flags: Flags,
  given: Readonly<Record<string, unknown>>,
  env: Environment,
): Environment {
  const dropped = new Set<string>();
  const inEnv = (name: string) =>
    flags[name]!.value === undefined
      ? parseSwitch(variableOf(name), env[variableOf(name)])
      : variableValue(name, flags[name]!, env) !== undefined;
  for (const [name, { excludes }] of Object.entries(flags)) {
    if (excludes === undefined) continue;
    for (const other of excludes.flags) {
      const [mine, others] = [name, other].map((one) => (one in given ? 2 : inEnv(one) ? 1 : 0));
      if (mine === 0 || others === 0) continue;
      if (mine === others)
        throw new UsageError(`--${name} and --${other} exclude each other: ${excludes.because}`);
      dropped.add(variableOf(mine! > others! ? other : name));
    }
  }
  return Object.fromEntries(Object.entries(env).filter(([name]) => !dropped.has(name)));
}

function readArgv(flags: Flags, argv: readonly string[], allowPositionals: boolean) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined ? 'boolean' : 'string', multiple: flag.repeatable ?? false } as const,
    ]),
  );
  try {
    return parseArgs({ args: withNegatives(flags, argv), options, strict: true, allowPositionals });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See --help.`);
  }
}

/** `--port -1` as `--port=-1`, so that what is said of it is about its value. */
function withNegatives(flags: Flags, argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [index, word] of argv.entries()) {
    const before = argv[index - 1] ?? '';
    const takesValue = before.startsWith('--') && flags[before.slice(2)]?.value !== undefined;
    if (takesValue && /^-[\d.]/.test(word)) joined.push(`${joined.pop()}=${word}`);
    else joined.push(word);
  }
  return joined;
}

function parseSwitch(variable: string, value: string | undefined): boolean {
  if (value === undefined || value === '' || value === '0' || value === 'false') return false;
  if (value === '1' || value === 'true') return true;
  throw new UsageError(`${variable} is "${value}"; it takes true or false`);
}

/** The `--help` lines of a command's flags. */
export function describeFlags(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const left = `  --${name}${flag.value ? ` ${flag.value}` : ''}`;
    const fallback = flag.fallback ? ` (${flag.fallback})` : '';
    return `${left.padEnd(34)} ${flag.help}${fallback}`;
  });
  return rows.join('\n');
}
