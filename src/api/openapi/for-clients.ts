import { FAILED, twoAnswers } from './answers.js';
import { describe, TAGS } from './descriptions.js';
import {
  type ComponentSchemas,
  mapOperations,
  mapSchemas,
  type OpenapiDocument,
  type Operation,
  type Parameter,
  type Paths,
  refTo,
  type Schema,
} from './document.js';
import { type Identifiers, withExamples } from './examples.js';
import { nameShapes } from './named-shapes.js';
import { OPERATION_IDS } from './operation-ids.js';
import { withOwn } from './own-operations.js';
import { plainParameter, shareParameters } from './parameters.js';
import { openObjects, plainSchema } from './plain-schema.js';

/**
 * The document as generators of clients read it best, made of the one that falls out of the routes. It says the same in fewer
 * and simpler words: docs/decisions/0021-a-document-for-generators.md.
 */
export function forClients(document: OpenapiDocument, own: Identifiers = {}): OpenapiDocument {
  const raw = withoutInputTwins(document.components.schemas);
  const plain = (schema: Schema) => plainSchema(schema, raw);
  const answered = (schema: Schema) => openObjects(plain(schema));
  const registered = mapValues(raw, answered);
  const shared = new Map<string, Parameter>();
  const described = mapOperations(sorted(document.paths), (found, key) => {
    const operation = withOwn(found, key);
    const parameters = operation.parameters?.map((entry) =>
      '$ref' in entry ? entry : plainParameter(entry),
    );
    const simple = mapSchemas({ ...operation, ...(parameters && { parameters }) }, (schema, place) =>
      place === 'answer' ? answered(schema) : plain(schema),
    );
    const id = OPERATION_IDS[key];
    return shareParameters(
      describe({ ...(id && { operationId: id }), ...twoAnswers(withOptionalBody(simple), key) }, key),
      shared,
    );
  });
  const { paths, schemas } = nameShapes(described, registered, [refTo('Failure')]);
  const complete = {
    ...document,
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      ...document.components,
      parameters: Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: { Failed: FAILED },
      schemas,
    },
  };
  return withExamples(complete, own);
}

/** A body that may be null may as well be left away, which is what clients are told. */
function withOptionalBody(operation: Operation): Operation {
  const json = operation.requestBody?.content['application/json'];
  if (!json?.schema.nullable) return operation;
  const { nullable: _nullable, ...schema } = json.schema;
  return { ...operation, requestBody: { required: false, content: { 'application/json': { schema } } } };
}

/** Zod's schemas are written once for what comes in and once for what goes out; ours are used going out. */
function withoutInputTwins(schemas: ComponentSchemas): ComponentSchemas {
  return Object.fromEntries(
    Object.entries(schemas).filter(([name]) => !(name.endsWith('Input') && name.slice(0, -5) in schemas)),
  );
}

function sorted(paths: Paths): Paths {
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function mapValues(schemas: ComponentSchemas, replace: (schema: Schema) => Schema): ComponentSchemas {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, replace(schema)]));
}
