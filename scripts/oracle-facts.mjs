// Writes test/support/contract-facts.json: what Cloudflare's OpenAPI description says of each operation, as plain facts: names,
// types, what is required, which words are taken, and which permissions do. By hand, when there is a newer description:
//
//   node scripts/oracle-facts.mjs cloudflare-api.openapi.json
//
// The type of a value is followed by `!` where it is required, and by its words: `"origins[].name": "string!"`. Objects and
// lists are told by what is in them, a map by `{}`. Whether null is taken is not told: the description is wrong about it at times.
import { readFileSync, writeFileSync } from 'node:fs';
import { readArguments } from './support/arguments.mjs';

const FILE = new URL('../test/support/contract-facts.json', import.meta.url);
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const DEEPEST = 10;

const {
  words: [source],
} = readArguments(import.meta.filename, {
  words: { name: 'FILE', tells: 'the description, such as cloudflare-api.openapi.json', least: 1, most: 1 },
});
const document = JSON.parse(readFileSync(source, 'utf8'));

/** Shapes by number: many operations take and answer the same. */
const shapes = [];
const numbers = new Map();

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  METHODS.filter((method) => method in methods).map((method) => [
    `${method.toUpperCase()} ${path}`,
    factsOf(methods[method], methods.parameters ?? []),
  ]),
);
operations.sort(([a], [b]) => (a < b ? -1 : 1));

const line = ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
writeFileSync(
  FILE,
  `{\n"operations": {\n${operations.map(line).join(',\n')}\n},\n"shapes": [\n${shapes
    .map((shape) => JSON.stringify(shape))
    .join(',\n')}\n]\n}\n`,
);
console.log(`${operations.length} operations, ${shapes.length} shapes`);

function factsOf(operation, shared) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map(resolve);
  const body = contentOf(operation.requestBody && resolve(operation.requestBody));
  const answer = operation.responses?.['200'] && contentOf(resolve(operation.responses['200']));
  return {
    ...(operation.operationId && { id: operation.operationId }),
    ...(operation['x-api-token-group'] && { permissions: [...operation['x-api-token-group']].sort() }),
    ...(parameters.length > 0 && {
      parameters: sorted(
        parameters.map(({ in: place, name, required, schema }) => [
          `${place} ${name}`,
          typeOf(schema ?? {}, required),
        ]),
      ),
    }),
    ...(body && { body: shapeOf(body) }),
    ...(answer && { answer: shapeOf(answer) }),
    statuses: Object.keys(operation.responses ?? {}).sort(),
  };
}

function contentOf(holder) {
  return holder?.content?.['application/json']?.schema;
}

function shapeOf(schema) {
  const found = new Map();
  walk(schema, '', true, found, 0);
  const shape = sorted([...found]);
  const text = JSON.stringify(shape);
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, shapes.length);
  return shapes.push(shape) - 1;
}

function walk(raw, path, required, found, depth) {
  const schema = flat(raw);
  const { properties = {}, items, additionalProperties, alternatives } = schema;
  if (path !== '') found.set(path, joined(found.get(path), typeOf(raw, required)));
  if (depth === DEEPEST) return;
  for (const [name, inside] of Object.entries(properties))
    walk(inside, path === '' ? name : `${path}.${name}`, schema.required.has(name), found, depth + 1);
  if (items) walk(items, `${path}[]`, false, found, depth + 1);
  if (additionalProperties && typeof additionalProperties === 'object')
    walk(additionalProperties, `${path}{}`, false, found, depth + 1);
  for (const alternative of alternatives) {
    const inside = flat(alternative);
    // What one of them demands is not demanded of all.
    walk({ ...inside, required: [], allOf: [], oneOf: [], anyOf: [] }, path, false, found, depth + 1);
  }
}

/** Of a place with several alternatives the types of all. */
function joined(known, type) {
  if (known === undefined || known === type) return type;
  const bare = (text) => text.replace(/[! ].*/, '').split('|');
  const types = [...new Set([...bare(known), ...bare(type)])].sort();
  return types.length > 1
    ? types.filter((name) => name !== 'any').join('|')
    : `${types[0]}${known.includes('!') ? '!' : ''}`;
}

/** The schema with what it refers to, and with all that must hold at once, in one. */
function flat(raw) {
  const schema = resolve(raw);
  const parts = (schema.allOf ?? []).map(flat);
  return {
    ...schema,
    ...Object.assign(
      {},
      ...parts.map(({ type, items, additionalProperties, enum: words }) => ({
        ...(type && { type }),
        ...(items && { items }),
        ...(additionalProperties && { additionalProperties }),
        ...(words && { enum: words }),
      })),
    ),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties), schema.properties),
    required: new Set([...(schema.required ?? []), ...parts.flatMap(({ required }) => [...required])]),
    alternatives: [
      ...(schema.oneOf ?? []),
      ...(schema.anyOf ?? []),
      ...parts.flatMap((part) => part.alternatives),
    ],
  };
}

function resolve(node) {
  if (!node?.$ref) return node ?? {};
  return resolve(
    node.$ref
      .slice(2)
      .split('/')
      .reduce((at, part) => at[part.replaceAll('~1', '/').replaceAll('~0', '~')], document),
  );
}

function typeOf(raw, required) {
  const schema = flat(raw);
  const words = (schema.enum ?? []).filter((word) => typeof word === 'string');
  const type = schema.type ?? (Object.keys(schema.properties).length > 0 ? 'object' : 'any');
  return `${type}${required ? '!' : ''}${words.length > 0 && type !== 'object' && type !== 'array' ? ` ${words.join('|')}` : ''}`;
}

function sorted(entries) {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
