/** Programs have few statements; the rest are lists of many lengths, which would only fill the session's memory. */
const MAX_NAMES = 256;
const MAX_LENGTH = 4096;

/**
 * Gives each statement a name of its own, so that the server parses and plans it once for each connection. The empty
 * name, which is parsed every time, for those that are too long or come after the first 256.
 */
export function createStatementNames(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES || sql.length > MAX_LENGTH) return '';
    const name = `s${names.size}`;
    names.set(sql, name);
    return name;
  };
}
