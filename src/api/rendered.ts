import { type Listed, type Message, ok, type Success } from './envelope.js';
import { listed, type PageRequest, pageWindow } from './pagination.js';

/** Something that keeps its JSON: the same object is asked for much more often than it changes. */
export interface Renderable<T> {
  readonly json: () => string;
  /** Never there: ties the JSON to the type that it has on the wire. */
  readonly wire?: T;
}

class Rendered {
  constructor(readonly json: string) {}
}

/** The envelope around one object. */
export function renderedOk<T>(object: Renderable<T>, messages: Message[] = []): Success<T> {
  return ok(new Rendered(object.json()) as unknown as T, messages);
}

/** The envelope around one page of objects; only those of the page are rendered. */
export function renderedPage<Row, T>(
  rows: readonly Row[],
  render: (row: Row) => Renderable<T>,
  request: PageRequest,
): Listed<T> {
  const { skip = 0, take = rows.length } = pageWindow(request);
  const page = rows.slice(skip, skip + take);
  const json = `[${page.map((row) => render(row).json()).join()}]`;
  const result = new Rendered(json) as unknown as T[];
  return { ...listed<Row>(page, rows.length, request), result };
}

/** The JSON of an answer. */
export function serialize(answer: unknown): string {
  const { result, messages, result_info } = (answer ?? {}) as Partial<Listed<unknown>>;
  if (!((result as unknown) instanceof Rendered)) return JSON.stringify(answer);
  const { json } = result as unknown as Rendered;
  if (messages?.length === 0 && !result_info) return `${PLAIN}${json}}`;
  // The rest of an envelope is small; its last brace makes room for the result.
  const rest = JSON.stringify({ ...(answer as object), result: undefined });
  return `${rest.slice(0, -1)},"result":${json}}`;
}

/** How the envelope around one object begins. */
const PLAIN = `${JSON.stringify(ok(undefined)).slice(0, -1)},"result":`;
