export interface MethodIndex {
  add(pattern: string, methods: string | readonly string[]): void;
  /**
   * The methods under which `path` is served, by the most literal of the patterns that fit it: `/monitors` is not an object
   * of `/:id`. Asked only when a request found no route.
   */
  of(path: string): readonly string[];
}

export function createMethodIndex(): MethodIndex {
  const patterns = new Map<
    string,
    { readonly regex: RegExp; readonly variables: number; readonly methods: Set<string> }
  >();
  return {
    add(pattern, methods) {
      const known = patterns.get(pattern) ?? {
        regex: toRegex(pattern),
        variables: pattern.split(/[:*]/).length,
        methods: new Set<string>(),
      };
      for (const method of [methods].flat()) known.methods.add(method);
      patterns.set(pattern, known);
    },
    of(path) {
      const fitting = [...patterns.values()].filter(({ regex }) => regex.test(path));
      const fewest = Math.min(...fitting.map(({ variables }) => variables));
      return fitting.flatMap(({ variables, methods }) => (variables === fewest ? [...methods] : []));
    },
  };
}

function toRegex(pattern: string): RegExp {
  const parts = pattern
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : literal(part)));
  return new RegExp(`^${parts.join('/')}$`);
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
