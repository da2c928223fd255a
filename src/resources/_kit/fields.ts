import { z } from 'zod';
import type { Message } from '../../api/envelope.js';
import { nullish } from '../../api/fields.js';
import { hexId } from '../../api/identifiers.js';
import { notice } from '../../api/notices.js';
import { timestampSchema } from '../../api/timestamps.js';
import { inStoredOrder } from './json.js';

/**
 * The fields of a noun, each declared once under its name on the wire. Schemas, defaults, the merge of a write, the columns and what
 * answers show follow from it.
 */
export interface Field<S extends z.ZodType = z.ZodType, V = unknown> {
  /** What a client may send; null besides where there is a default. */
  readonly schema: S;
  /** What the field is while nobody has set it. Undefined: whoever creates the object must set it. */
  readonly initial: V | undefined;
  /** Its column in the database, when that has another name; null when it is stored in another table. */
  readonly column?: string | null;
  /** What is made of a value that was sent, such as the object with every member set. */
  readonly complete?: (sent: z.output<S>) => V;
  /** What answers have, when it is not what may be sent. */
  readonly shown?: z.ZodType;
  /** Whether answers have it: unless it is null, always, or by its value. */
  readonly show?: 'unless null' | 'always' | ((value: V) => boolean);
  /** Null goes back to the default, and is refused where there is none; true where it changes nothing. */
  readonly nullKeeps?: boolean;
  /** Never there: carries the type of the value. */
  readonly value?: V;
  /** What a value does not do yet, for `messages`; undefined when it has its full effect. */
  readonly notYet?: (value: V) => string | undefined;
}

type More<S extends z.ZodType, V> = Omit<Field<S, V>, 'schema' | 'initial' | 'value'>;

/** A field that must be set when the object is made. */
export const required = <S extends z.ZodType, V = z.output<S>>(
  schema: S,
  more: More<S, V> = {},
): Field<S, V> & { readonly initial: undefined } => ({ schema, initial: undefined, ...more });

/** A field with a default, to which an explicit null goes back. */
export const field = <S extends z.ZodType, V = z.output<S>>(
  schema: S,
  initial: NoInfer<V>,
  more: More<S, V> = {},
): Field<S, V> & { readonly initial: NoInfer<V> } => ({ schema, initial, ...more });

/** A field that is unset, and null, until somebody sets it. */
export const unset = <S extends z.ZodType, V = z.output<S>>(
  schema: S,
  more: More<S, V | null> = {},
): Field<S, V | null> & { readonly initial: null } => ({ schema, initial: null, ...more });

// biome-ignore lint/suspicious/noExplicitAny: a declaration has fields of all types.
export type Declaration = Readonly<Record<string, Field<any, any>>>;

/** An object's values: every field, under its name on the wire. */
export type ValuesOf<D extends Declaration> = {
  readonly [K in keyof D]: D[K] extends { readonly value?: infer V } ? Exclude<V, undefined> : never;
};

type RequiredOf<D extends Declaration> = {
  [K in keyof D]: D[K] extends { readonly initial: undefined } ? K : never;
}[keyof D];
type Shape<D extends Declaration, R extends keyof D> = {
  [K in R]: D[K]['schema'];
} & { [K in Exclude<keyof D, R>]: z.ZodOptional<z.ZodNullable<D[K]['schema']>> };
type PatchShape<D extends Declaration> = {
  [K in keyof D]: z.ZodOptional<z.ZodNullable<D[K]['schema']>>;
};

const mapped = (declaration: Declaration, of: (field: Declaration[string]) => unknown) =>
  Object.fromEntries(Object.entries(declaration).map(([name, field]) => [name, of(field)]));

/** The body of create and PUT. */
export const writeBody = <D extends Declaration>(declaration: D): z.ZodObject<Shape<D, RequiredOf<D>>> =>
  z.object(
    mapped(declaration, ({ schema, initial }) =>
      initial === undefined ? schema : schema.nullish(),
    ) as never,
  );

/** The body of PATCH. */
export const patchBody = <D extends Declaration>(declaration: D): z.ZodObject<PatchShape<D>> =>
  z.object(
    mapped(declaration, ({ schema, initial, nullKeeps }) =>
      initial === undefined && !nullKeeps ? schema.optional() : schema.nullish(),
    ) as never,
  );

/** What answers have of the fields. */
export const shownShape = <D extends Declaration>(declaration: D) =>
  mapped(declaration, ({ schema, shown = schema, initial, show }) => {
    if (show === 'always') return initial === null ? shown.nullable() : shown;
    return initial === null || show ? shown.optional() : shown;
  }) as Record<keyof D & string, z.ZodType>;

/** The bodies of the operations that write. */
export const bodiesOf = <D extends Declaration>(declaration: D) => ({
  write: writeBody(declaration),
  patch: patchBody(declaration),
});

/** The answer about one object, `name` in the document: its fields, and `more` before its times. */
export const answerOf = (name: string, declaration: Declaration, more: z.ZodRawShape = {}) =>
  z
    .object({
      id: hexId,
      ...shownShape(declaration),
      ...more,
      created_on: timestampSchema,
      modified_on: timestampSchema,
    })
    .meta({ id: name });

/** The default of every field; of those that have none, undefined. */
export const initialOf = <D extends Declaration>(declaration: D) =>
  mapped(declaration, ({ initial }) => initial) as ValuesOf<D>;

/**
 * The values after a write: a field that `body` does not name keeps that of `base` (the defaults on create and PUT, what is stored
 * on PATCH), and null goes back to that of `initial`.
 */
export function valuesAfter<D extends Declaration>(
  declaration: D,
  body: { readonly [K in keyof D]?: unknown },
  base: ValuesOf<D>,
  initial: ValuesOf<D>,
): ValuesOf<D> {
  const values: Record<string, unknown> = { ...base };
  for (const [name, { complete, nullKeeps }] of Object.entries(declaration)) {
    const sent = body[name];
    if (sent === undefined || (sent === null && nullKeeps)) continue;
    const value = sent !== null && complete ? complete(sent) : sent;
    if (value !== null) values[name] = inStoredOrder(value);
    else if (initial[name] !== undefined) values[name] = initial[name];
  }
  return values as ValuesOf<D>;
}

/** What answers show of the values. */
export function shownValues<D extends Declaration>(declaration: D, values: ValuesOf<D>): object {
  const shown = Object.entries(declaration).filter(([name, { show = 'unless null' }]) => {
    const value = values[name];
    return show === 'always' || (show === 'unless null' ? value !== null : show(value));
  });
  return Object.fromEntries(shown.map(([name]) => [name, values[name]]));
}

/** One message for each field with a value that has no effect yet. */
export function noticesOf<D extends Declaration>(declaration: D, values: ValuesOf<D>): Message[] {
  return Object.entries(declaration).flatMap(([name, { notYet }]) => {
    const effect = notYet?.(values[name]);
    return effect === undefined ? [] : [notice('no_effect_yet', `${name}: ${effect}`)];
  });
}

/** The columns of the fields, by name of the field. */
export function columnsOf(declaration: Declaration): ReadonlyMap<string, string> {
  const columns = Object.entries(declaration).map(([name, { column = name }]) => [name, column] as const);
  return new Map(columns.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** An object of which every member may be left out or null, and has its default then. */
export function completed<S extends Record<string, z.ZodType>>(
  members: S,
  defaults: { readonly [K in keyof S]: z.output<S[K]> },
) {
  type Whole = { [K in keyof S]: z.output<S[K]> };
  return {
    schema: z.object(nullish(members)),
    shown: z.object(members),
    complete: (sent: object): Whole => {
      const given = Object.entries(sent).filter(([name, value]) => name in members && value != null);
      return { ...defaults, ...Object.fromEntries(given) } as Whole;
    },
  };
}
