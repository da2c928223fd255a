/**
 * The value with the members of its objects in the order in which PostgreSQL's `jsonb` gives them back: shorter names first, then by
 * bytes. What a write answers is then what the database answers after a restart. Source: PostgreSQL's manual, 8.14.
 */
export function inStoredOrder<T>(value: T): T {
  if (Array.isArray(value)) return value.map(inStoredOrder) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => compareNames(Buffer.from(a), Buffer.from(b)));
  return Object.fromEntries(members.map(([name, member]) => [name, inStoredOrder(member)])) as T;
}

const compareNames = (a: Buffer, b: Buffer) => a.length - b.length || Buffer.compare(a, b);
