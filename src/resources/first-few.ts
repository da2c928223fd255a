/** So many names a message has. */
const MAX_NAMED = 5;

/** Names in a message: the first ones, and how many more there are. */
export function firstFew(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
