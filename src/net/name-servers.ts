/**
 * The host names of a zone's name servers. Of `names`, in lower case, one label stands for a name below the apex of each
 * zone (`ns1` is `ns1.example.com` in example.com), several labels for one and the same name in all of them.
 */
export const nameServersOf = (names: readonly string[], apex: string): string[] =>
  names.map((name) => (name.includes('.') ? name : `${name}.${apex}`));
