import { type Document, LineCounter, parseDocument } from 'yaml';

/** Where something stands in a seed: names of members, and indexes in lists. */
export type Path = readonly (string | number)[];

/** A seed as somebody wrote it, in YAML or JSON. */
export interface SeedFile {
  /** How messages call it: its path, or `the seed`. */
  readonly name: string;
  readonly contents: unknown;
  /** From 1; that of what is around it when there is nothing at this path. */
  lineOf(path: Path): number;
}

/** What is wrong with a seed, and where. */
export class SeedRefused extends Error {
  override readonly name = 'SeedRefused';
  constructor({ name, lineOf }: Pick<SeedFile, 'name' | 'lineOf'>, path: Path, complaint: string) {
    super(`${name}:${lineOf(path)}: ${path.length > 0 ? `${pathText(path)}: ` : ''}${complaint}`);
  }
}

/** Lists of aliases that stand for lists of aliases grow without end. */
const MAX_ALIASES = 100;

/** Throws SeedRefused when it is neither YAML nor JSON, or no object. */
export function readSeed(name: string, text: string): SeedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const file = { name, lineOf: (path: Path) => lineAt(offsetOf(document, path)) };
  // A warning is about a tag that nobody knows, whose value would be taken for a text.
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw new SeedRefused({ name, lineOf: () => lineAt(error.pos[0]) }, [], error.message);
  const contents = plain(document, file);
  if (typeof contents !== 'object' || contents === null || Array.isArray(contents))
    throw new SeedRefused(file, [], 'a seed is an object with members such as "pools"');
  return { ...file, contents };
}

function plain(document: Document, file: Pick<SeedFile, 'name' | 'lineOf'>): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new SeedRefused(file, [], (error as Error).message);
  }
}

function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { readonly range?: readonly number[] } | null;
    if (node?.range) return node.range[0]!;
  }
  return (document.contents as { readonly range?: readonly number[] } | null)?.range?.[0] ?? 0;
}

/** `pools[0].origins[1].address`. */
export const pathText = (path: Path): string =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
