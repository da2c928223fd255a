import type { Flag, START_FLAGS } from './flags.js';

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
type Words<S extends string> = S extends `${infer A}|${infer B}` ? A | Words<B> : S;

/** By what the flag's value is called in `--help`: numbers, words of which one is meant (`any|strict`), or any text. */
type One<V extends string> = V extends 'PORT' | 'N' | 'SECONDS' | 'REQUESTS'
  ? number | `${number}`
  : V extends Lowercase<V>
    ? Words<V>
    : string;

type Option<F extends Flag> = F extends { readonly value: infer V extends string }
  ? F extends { readonly repeatable: true }
    ? One<V> | readonly One<V>[]
    : One<V>
  : boolean;

type StartFlags = typeof START_FLAGS;

/** The flags of `offramp start`, in camelCase: `{ memory: true, httpPort: 0, httpsPort: 0, minMonitorInterval: 1 }`; undefined is the default. */
export type OfframpOptions = {
  readonly [K in keyof StartFlags as Camel<K & string>]?: Option<StartFlags[K]> | undefined;
};

/** As they stand on a command line. */
export const argumentsOf = (options: OfframpOptions): string[] => Object.entries(options).flatMap(oneOption);

function oneOption([name, value]: [string, OfframpOptions[keyof OfframpOptions]]): string[] {
  if (value === undefined) return [];
  const flag = `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
  if (typeof value === 'boolean') return value ? [flag] : [];
  return [value].flat().map((one) => `${flag}=${one}`);
}
