import type { Path } from './file.js';

/** Where entries of a noun name another object: which noun that is of, and what stands behind the name in a text. */
export interface Mention {
  /** Path within an entry: `*` is every element or member, `~` the names of members. */
  readonly at: readonly string[];
  /** The members with what it may name. */
  readonly to: readonly string[];
  /** The name is followed by this: `.cfargotunnel.com`. Texts without it name nothing. */
  readonly suffix?: string;
  /** The member that an entry must have with one value, for the text to be a name at all. */
  readonly where?: readonly [member: string, value: unknown];
}

export const mention = (
  at: string,
  to: string | readonly string[],
  more: Pick<Mention, 'suffix' | 'where'> = {},
): Mention => ({ at: at.split('.'), to: [to].flat(), ...more });

/** The entry with every text that stands where a reference does replaced by what `named` makes of it. */
export function withReferences(
  entry: unknown,
  references: readonly Mention[],
  named: (to: readonly string[], name: string, path: Path) => string,
): unknown {
  return references.reduce<unknown>((value, { at, to, suffix = '', where }) => {
    if (where && (value as Readonly<Record<string, unknown>>)[where[0]] !== where[1]) return value;
    return replaced(value, at, [], (text, path) => {
      if (!text.endsWith(suffix)) return text;
      const name = suffix === '' ? text : text.slice(0, -suffix.length);
      return `${named(to, name, path)}${suffix}`;
    });
  }, entry);
}

type Replace = (text: string, path: Path) => string;

function replaced(
  value: unknown,
  [first, ...rest]: readonly string[],
  path: Path,
  replace: Replace,
): unknown {
  // An empty text is how older clients take something away.
  if (first === undefined) return typeof value === 'string' && value !== '' ? replace(value, path) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return first === '*'
      ? value.map((element, index) => replaced(element, rest, [...path, index], replace))
      : value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => {
    if (first === '~') return [replace(name, [...path, name]), member];
    const isMeant = first === '*' || first === name;
    return [name, isMeant ? replaced(member, rest, [...path, name], replace) : member];
  });
  return Object.fromEntries(members);
}
