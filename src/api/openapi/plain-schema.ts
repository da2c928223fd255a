import { type ComponentSchemas, componentName, mapInside, type Schema } from './document.js';
import { everyOf, literalPattern, patternOneOf } from './patterns.js';

/** The ways in which ours and Zod's patterns of a UUID begin. */
const UUID = /^\^\(?\[0-9a-fA-F\]\{8\}-/;
const TEXT_OR_MAP = 'A string, or an object of strings.';
const INT32 = 2 ** 31 - 1;

/**
 * The schema in the words that every generator reads. What is written here in several ways (a list of alternatives that are
 * all strings, or all objects; a value that is always the same; a limit that is none) becomes one type with its limits. It
 * takes everything that the schema before took, and at times a little more.
 */
export function plainSchema(schema: Schema, schemas: ComponentSchemas): Schema {
  const joined = joinAlternatives(joinAll(schema), schemas);
  const inside = mapInside(joined, (entry) => plainSchema(entry, schemas));
  return withoutSpellings(numbers(strings(singleValue(nothing(inside)))));
}

/** `request.ip` beside an equal `request_ip`: in most languages they are one name. */
function withoutSpellings(schema: Schema): Schema {
  const { properties } = schema;
  if (!properties) return schema;
  const kept = Object.entries(properties).filter(([name, inside]) => {
    const usual = properties[name.replaceAll('.', '_')];
    return !name.includes('.') || JSON.stringify(usual) !== JSON.stringify(inside);
  });
  return { ...schema, properties: Object.fromEntries(kept) };
}

/** `allOf` of patterns as one pattern. */
function joinAll(schema: Schema): Schema {
  const { allOf, ...rest } = schema;
  if (allOf && schema.nullable && !schema.type) return { ...schema, type: 'object' };
  if (!allOf?.every(({ pattern }) => pattern !== undefined)) return schema;
  return { ...rest, pattern: everyOf(allOf.map(({ pattern }) => pattern!)) };
}

function joinAlternatives(schema: Schema, schemas: ComponentSchemas): Schema {
  const { anyOf, oneOf: either, nullable: told, ...rest } = schema;
  const alternatives = anyOf ?? either;
  if (!alternatives) return schema;
  const nullable = told || alternatives.some((entry) => entry.nullable || isNull(entry));
  const base = { ...rest, ...(nullable && { nullable }) };
  const flat = alternatives
    .filter((entry) => !isNull(entry))
    .map((entry) => joinAlternatives(entry, schemas))
    .flatMap((entry) => (entry.anyOf ? entry.anyOf : [entry]))
    .map(({ nullable: _told, ...entry }): Schema => entry);
  const texts = flat.filter(({ type }) => type === 'string');
  const objects = flat.filter((entry) => !texts.includes(entry) && isObject(resolve(entry, schemas)));
  const others = flat.filter((entry) => !texts.includes(entry) && !objects.includes(entry));
  const joined = [
    ...(texts.length > 0 ? [joinTexts(texts)] : []),
    ...(objects.length > 0 ? [joinObjects(objects, schemas)] : []),
    ...others,
  ];
  const [only = {}, ...more] = joined;
  // A text or a map is a choice that Java's generator writes as a class that does not compile.
  if (more.some(isMap)) return { ...rest, description: rest.description ?? TEXT_OR_MAP };
  // OpenAPI 3.0 has `nullable` beside a type alone.
  if (more.length > 0) return { ...rest, anyOf: [nullable ? { ...only, nullable } : only, ...more] };
  if (only.$ref && Object.keys(base).length > 0) return { ...base, type: 'object', allOf: [only] };
  return { ...only, ...base };
}

const isNull = ({ enum: values }: Schema) => values?.length === 1 && values[0] === null;
const isMap = ({ type, properties }: Schema) => type === 'object' && properties === undefined;
const isObject = ({ type, properties }: Schema) => type === 'object' && properties !== undefined;

function resolve(schema: Schema, schemas: ComponentSchemas): Schema {
  const name = componentName(schema);
  return name === undefined ? schema : (schemas[name] ?? schema);
}

function joinTexts(texts: readonly Schema[]): Schema {
  const [first = {}] = texts;
  if (texts.length === 1) return first;
  if (texts.every((text) => text.enum))
    return { type: 'string', enum: [...new Set(texts.flatMap((text) => text.enum ?? []))] };
  const patterns = texts.flatMap((text) =>
    text.enum ? text.enum.map((value) => literalPattern(String(value))) : [text.pattern],
  );
  const longest = texts.map((text) =>
    text.enum ? Math.max(...text.enum.map((value) => String(value).length)) : text.maxLength,
  );
  return {
    type: 'string',
    ...(patterns.every((pattern) => pattern !== undefined) && { pattern: patternOneOf(patterns) }),
    ...(longest.every((length) => length !== undefined) &&
      !patterns.every((pattern) => pattern !== undefined) && { maxLength: Math.max(...longest) }),
  };
}

/** One object with the properties of all, of which those are required that all require. */
function joinObjects(objects: readonly Schema[], schemas: ComponentSchemas): Schema {
  const [only] = objects;
  if (objects.length === 1 && only) return only;
  const shapes = objects.map((entry) => resolve(entry, schemas));
  const properties: Record<string, Schema> = {};
  for (const [name, schema] of shapes.flatMap((shape) => Object.entries(shape.properties ?? {}))) {
    const known = properties[name];
    properties[name] =
      known === undefined || JSON.stringify(known) === JSON.stringify(schema)
        ? schema
        : joinAlternatives({ anyOf: [known, schema] }, schemas);
  }
  const required = (shapes[0]?.required ?? []).filter((name) =>
    shapes.every((shape) => shape.required?.includes(name)),
  );
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

/** What is always null, or never there. */
function nothing(schema: Schema): Schema {
  const { enum: _null, not: _anything, type: _of, ...rest } = schema;
  // Not an object: what ogen makes of one without properties does not read null.
  if (isNull(schema)) return { ...rest, type: 'string', nullable: true, description: 'Always null.' };
  const { maxItems, ...list } = schema;
  if (schema.type === 'array' && schema.items?.not) return { ...list, items: { type: 'object' } };
  return maxItems === 0 ? list : schema;
}

/** A value that is always the same has the type of that value: what comes to be beside it breaks no client. */
function singleValue(schema: Schema): Schema {
  const { enum: values, ...rest } = schema;
  if (values?.length !== 1) return schema;
  const [example] = values;
  const told = rest.description ?? `Always \`${JSON.stringify(example)}\`.`;
  return { ...rest, ...(example !== '' && { example }), description: example === '' ? 'Empty.' : told };
}

/** A format says more to a generator than the pattern that spells it out. */
function strings(schema: Schema): Schema {
  const { pattern, ...rest } = schema;
  if (pattern === undefined) return schema;
  if (rest.format === 'date-time') return rest;
  return UUID.test(pattern) ? { ...rest, format: 'uuid' } : schema;
}

/** The largest integer of JavaScript is no limit of the API, and without a format generators take 32 bits. */
function numbers(schema: Schema): Schema {
  const { minimum, maximum, ...rest } = schema;
  if (schema.type === 'number') return { ...schema, format: 'double' };
  if (schema.type !== 'integer') return schema;
  const low = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const high = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  return {
    ...rest,
    ...(low !== undefined && { minimum: low }),
    ...(high !== undefined && { maximum: high }),
    ...((high ?? Number.POSITIVE_INFINITY) > INT32 && { format: 'int64' }),
  };
}

/** What an answer has today: clients must not refuse what it comes to have tomorrow. */
export function openObjects(schema: Schema): Schema {
  const { additionalProperties, ...rest } = schema;
  const open = additionalProperties === false && schema.properties ? rest : schema;
  return mapInside(open, openObjects);
}
