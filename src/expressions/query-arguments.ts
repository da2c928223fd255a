/** The arguments of a URI's query, in their order and as they were sent: nothing is decoded. */
export interface QueryArguments {
  readonly names: readonly string[];
  /** One for each name; '' where there is no `=`. */
  readonly values: readonly string[];
  readonly byName: ReadonlyMap<string, readonly string[]>;
}

export function queryArguments(query: string): QueryArguments {
  const names: string[] = [];
  const values: string[] = [];
  const byName = new Map<string, string[]>();
  for (const argument of query.split('&')) {
    if (argument === '') continue;
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? '' : argument.slice(equals + 1);
    names.push(name);
    values.push(value);
    const known = byName.get(name);
    if (known) known.push(value);
    else byName.set(name, [value]);
  }
  return { names, values, byName };
}
