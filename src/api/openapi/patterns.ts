import type { z } from 'zod';

/**
 * The source of a pattern that takes letters of both cases. JSON Schema has no flags: the source of `/^[a-z]$/i` alone would
 * refuse what the server takes.
 */
export function bothCases(source: string): string {
  let inClass = false;
  return source.replaceAll(/\\x..|\\u....|\\.|[a-z]-[a-z]|[A-Z]-[A-Z]|./g, (part) => {
    if (part === '[') inClass = true;
    if (part === ']') inClass = false;
    if (part.startsWith('\\') || !/[a-z]/i.test(part)) return part;
    if (inClass) return part + otherCase(part);
    return part.replaceAll(/[a-z]/gi, (letter) => `[${letter}${otherCase(letter)}]`);
  });
}

const otherCase = (text: string) =>
  text.replaceAll(/[a-z]/gi, (one) => (one < 'a' ? one.toLowerCase() : one.toUpperCase()));

/** One pattern that takes what all of them take. All of ours begin with `^`. */
export function everyOf(patterns: readonly string[]): string {
  const [first = '', ...others] = [...new Set(patterns)];
  return others.map((pattern) => `(?=${pattern})`).join('') + first;
}

/** One pattern that takes what one of them takes. */
export function patternOneOf(patterns: readonly string[]): string {
  const bodies = [...new Set(patterns)].map((pattern) => pattern.replace(/^\^/, '').replace(/\$$/, ''));
  const optional = bodies.includes('');
  const others = bodies.filter((body) => body !== '');
  const choice = others.length === 1 ? others[0] : others.map((body) => `(?:${body})`).join('|');
  return optional ? `^(?:${choice})?$` : `^(?:${choice})$`;
}

export const literalPattern = (text: string) => `^${text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`;

interface ZodContext {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: { pattern?: string; allOf?: { pattern?: string }[]; [other: string]: unknown };
}

/** For Zod, which writes patterns without their flags. */
export function keepFlags({ zodSchema, jsonSchema }: ZodContext): void {
  const checks = zodSchema._zod.def.checks ?? [];
  for (const check of checks) {
    const { pattern } = check._zod.def as { readonly pattern?: RegExp };
    if (!pattern) continue;
    const { source, flags } = pattern;
    if (!flags.includes('i')) continue;
    for (const place of [jsonSchema, ...(jsonSchema.allOf ?? [])])
      if (place.pattern === source) place.pattern = bothCases(source);
  }
}
