import { expect, test } from 'vitest';
import {
  mapInside,
  mapOperations,
  mapSchemas,
  type OpenapiDocument,
  type Operation,
  type Schema,
} from '../../../src/api/openapi/document.js';
import { OPERATION_IDS } from '../../../src/api/openapi/operation-ids.js';
import { openapiDocument } from '../../../src/app/openapi-document.js';

const document = JSON.parse(JSON.stringify(await openapiDocument())) as OpenapiDocument;

const operations = new Map<string, Operation>();
mapOperations(document.paths, (operation, key) => {
  operations.set(key, operation);
  return operation;
});

/** Every schema of the document, however deep, with its place. */
const schemas: [place: string, schema: Schema][] = [];
function collect(schema: Schema, place: string): Schema {
  schemas.push([place, schema]);
  mapInside(schema, (inside, step) => collect(inside, `${place}/${step}`));
  return schema;
}
for (const [name, schema] of Object.entries(document.components.schemas)) collect(schema, name);
for (const [key, operation] of operations)
  mapSchemas(operation, (schema, place) => collect(schema, `${key} ${place}`));

const places = (wrong: (schema: Schema) => boolean) =>
  schemas.filter(([, schema]) => wrong(schema)).map(([place]) => place);

test('every operation has its own name, and every name an operation', () => {
  expect([...operations].map(([key, { operationId }]) => [key, operationId]).sort()).toEqual(
    Object.entries(OPERATION_IDS).sort(),
  );
  expect(new Set(Object.values(OPERATION_IDS)).size).toBe(operations.size);
});

test('every operation says what it does, what it needs, and where it belongs', () => {
  const known = new Set(document.tags?.map(({ name }) => name));
  for (const [key, { summary, description, tags }] of operations) {
    expect([key, summary, description]).toEqual([
      key,
      expect.stringMatching(/./),
      expect.stringMatching(/\.$/),
    ]);
    expect([key, tags?.map((tag) => known.has(tag))]).toEqual([key, [true]]);
  }
  const used = new Set([...operations.values()].flatMap(({ tags }) => tags));
  expect([...known].filter((tag) => !used.has(tag))).toEqual([]);
});

test('every body, and every answer in JSON, is a component by its name', () => {
  for (const [key, operation] of operations)
    mapSchemas(operation, (schema, place) => {
      if (place !== 'parameter' && schema.type !== 'string')
        expect([key, place, Object.keys(schema)]).toEqual([key, place, ['$ref']]);
      return schema;
    });
});

test('every component is used, and no two are the same', () => {
  const text = JSON.stringify(document);
  const kinds = ['schemas', 'parameters', 'responses'] as const;
  const unused = kinds.flatMap((kind) =>
    Object.keys(document.components[kind] ?? {}).filter(
      (name) => !text.includes(`"#/components/${kind}/${name}"`),
    ),
  );
  expect(unused).toEqual([]);
  const shapes = Object.values(document.components.schemas).map((schema) => JSON.stringify(schema));
  expect(new Set(shapes).size).toBe(shapes.length);
});

test('no object is without a name of its own', () => {
  const named = new Set(Object.keys(document.components.schemas));
  expect(
    schemas
      .filter(([place, { properties }]) => properties !== undefined && !named.has(place))
      .map(([place]) => place),
  ).toEqual([]);
});

test('nothing is said that generators stumble over', () => {
  expect(places(({ enum: values }) => values?.length === 1)).toEqual([]);
  expect(places((schema) => 'const' in schema || 'not' in schema || 'oneOf' in schema)).toEqual([]);
  expect(places(({ nullable, type }) => nullable === true && type === undefined)).toEqual([]);
  expect(places(({ maximum = 0, minimum = 0 }) => Math.max(maximum, -minimum) > 2 ** 32)).toEqual([]);
  expect(places(({ allOf }) => allOf !== undefined && (allOf.length > 1 || !allOf[0]?.$ref))).toEqual([]);
  expect(places(({ maxItems }) => maxItems === 0)).toEqual([]);
});

test('a country is taken in either case, as the server takes it', () => {
  const { parameters = [] } = operations.get('GET /accounts/{account_id}/load_balancers/regions') ?? {};
  const country = parameters.find((entry) => 'name' in entry && entry.name === 'country_code_a2');
  const { pattern } = (country as { schema: Schema }).schema;
  expect(['US', 'us', 'usa'].map((text) => new RegExp(pattern!).test(text))).toEqual([true, true, false]);
});

test('lists in a query are lists, and flags are booleans', () => {
  const { parameters = [] } = operations.get('GET /accounts/{account_id}/tunnels') ?? {};
  const types = Object.fromEntries(
    parameters.flatMap((entry) => ('name' in entry ? [[entry.name, entry.schema.type]] : [])),
  );
  expect(types).toMatchObject({ tun_types: 'array', is_deleted: 'boolean', per_page: 'integer' });
});
