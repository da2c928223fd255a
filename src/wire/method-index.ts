export interface MethodIndex {
  add(pattern: string, methods: string | readonly string[]): void;
  /** The methods under which `path` is served; asked only when a request found no route. */
  of(path: string): readonly string[];
}

export function createMethodIndex(): MethodIndex {
  const patterns = new Map<string, { readonly regex: RegExp; readonly methods: Set<string> }>();
  return {
    add(pattern, methods) {
      const known = patterns.get(pattern) ?? { regex: toRegex(pattern), methods: new Set<string>() };
      for (const method of [methods].flat()) known.methods.add(method);
      patterns.set(pattern, known);
    },
    of: (path) =>
      [...patterns.values()].flatMap(({ regex, methods }) => (regex.test(path) ? [...methods] : [])),
  };
}

function toRegex(pattern: string): RegExp {
  const parts = pattern
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : literal(part)));
  return new RegExp(`^${parts.join('/')}$`);
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
