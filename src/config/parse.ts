import { parseArgs } from 'node:util';
import type { Flags } from './flags.js';

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
  env: Environment,
): Values<F> {
  const values = Object.entries(flags).map(([name, flag]) => {
    const names = [variableOf(name), ...(flag.alsoFrom ?? [])];
    const fromEnv = names
      .map((variable) => env[variable])
      .find((value) => value !== undefined && value !== '');
    if (flag.repeatable) {
      const list = given[name] ?? fromEnv?.split(',') ?? flag.fallback?.split(',') ?? [];
      return [name, list];
    }
    if (flag.value === undefined)
      return [name, given[name] ?? parseSwitch(variableOf(name), env[variableOf(name)])];
    return [name, given[name] ?? fromEnv ?? flag.fallback ?? null];
  });
  return Object.fromEntries(values) as Values<F>;
}

function readArgv(flags: Flags, argv: readonly string[], allowPositionals: boolean) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined ? 'boolean' : 'string', multiple: flag.repeatable ?? false } as const,
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See --help.`);
  }
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
