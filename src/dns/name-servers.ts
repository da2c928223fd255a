import { nameServersOf } from '../net/name-servers.js';

/** Which name servers the zones have: their NS records, and the names that therefore exist. */
export interface NameServers {
  /** Of a zone, without a dot at the end: the targets of its NS records. The first is the MNAME of its SOA. Never empty. */
  of(apex: string): readonly string[];
  /** Whether `name` is a name server of one of our zones and lies in one of them, so that we have its addresses. */
  has(name: string): boolean;
  /** Whether `name` is such a name server, or lies above one (an empty non-terminal, RFC 8020 section 3.1). */
  exists(name: string): boolean;
}

/** `names` are as `nameServersOf` takes them; `isApex` says whether a zone has that name. */
export function createNameServers(names: readonly string[], isApex: (name: string) => boolean): NameServers {
  const labels = new Set(names.filter((name) => !name.includes('.')));
  const absolute = new Set(names.filter((name) => name.includes('.')));
  const above = new Set([...absolute].flatMap(ancestors));

  function has(name: string): boolean {
    if (absolute.has(name)) return [name, ...ancestors(name)].some(isApex);
    const dot = name.indexOf('.');
    return labels.has(name.slice(0, Math.max(dot, 0))) && isApex(name.slice(dot + 1));
  }

  return {
    of: (apex) => nameServersOf(names, apex),
    has,
    exists: (name) => above.has(name) || has(name),
  };
}

function ancestors(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_label, index) => labels.slice(index + 1).join('.'));
}
