import { nameObjects, usedOf } from './components.js';
import {
  type ComponentSchemas,
  componentName,
  mapOperations,
  mapSchemas,
  type Operation,
  type Paths,
  refTo,
  type Schema,
} from './document.js';
import { bodyName, resultName } from './nouns.js';

/** The operations with every body and every answer by the name of a component, and those components: no more than are used. */
export function nameShapes(
  paths: Paths,
  registered: ComponentSchemas,
  alsoUsed: readonly Schema[],
): { paths: Paths; schemas: ComponentSchemas } {
  const roots = keptOf(registered);
  const bodies = nameBodies(paths);
  const named = mapOperations(paths, (operation, key) => {
    const [method = '', path = ''] = key.split(' ');
    return mapSchemas(operation, (schema, place) => {
      if (place === 'parameter') return schema;
      if (place === 'body') return keep(roots, bodies.get(JSON.stringify(schema)) ?? key, schema);
      return nameAnswer(roots, schema, resultName(method, path));
    });
  });
  const components = nameObjects(Object.fromEntries(roots.schemas));
  return { paths: named, schemas: usedOf([...alsoUsed, ...schemasOf(named)], components) };
}

/** A body that an object is made with and replaced with is `PoolWrite`. */
function nameBodies(paths: Paths): Map<string, string> {
  const names = new Map<string, string>();
  mapOperations(paths, (operation, key) => {
    const [method = '', path = ''] = key.split(' ');
    mapSchemas(operation, (schema, place) => {
      if (place !== 'body') return schema;
      const shape = JSON.stringify(schema);
      const name = bodyName(method, path);
      const known = names.get(shape);
      if (known === undefined) names.set(shape, name);
      else if (known !== name) names.set(shape, common(known, name));
      return schema;
    });
    return operation;
  });
  return names;
}

function common(known: string, name: string): string {
  const [noun, other] = [known, name].map((text) => text.replace(/(Create|Replace|Patch|Write)$/, ''));
  return noun === other ? `${noun}Write` : known;
}

function nameAnswer(roots: Kept, schema: Schema, result: string): Schema {
  if (schema.$ref || schema.properties?.success === undefined) {
    return schema.$ref || schema.type !== 'object' ? schema : keep(roots, result, schema);
  }
  const { result: shown = {}, ...frame } = schema.properties;
  const { schema: inside, name } = nameResult(roots, shown, result);
  return keep(roots, `${name}Answer`, {
    ...schema,
    properties: { ...frame, result: inside },
  });
}

function nameResult(roots: Kept, shown: Schema, result: string): { schema: Schema; name: string } {
  const [only] = shown.allOf ?? [shown];
  const known = componentName(only ?? shown);
  if (known !== undefined) return { schema: shown, name: shown.nullable ? `${known}OrNull` : known };
  if (shown.type === 'array' && shown.items) {
    const { schema, name } = nameResult(roots, shown.items, result);
    return { schema: { ...shown, items: schema }, name: `${name}List` };
  }
  if (shown.type === 'string' && shown.nullable) return { schema: shown, name: 'Null' };
  if (!shown.properties) return { schema: shown, name: 'Text' };
  const name = Object.keys(shown.properties).join() === 'id' ? 'Identified' : result;
  const schema = keep(roots, name, shown);
  return { schema, name: componentName(schema) ?? name };
}

/** The components so far, by name, and their names by shape. */
interface Kept {
  readonly schemas: Map<string, Schema>;
  readonly names: Map<string, string>;
}

function keptOf(registered: ComponentSchemas): Kept {
  const entries = Object.entries(registered);
  return {
    schemas: new Map(entries),
    names: new Map(entries.map(([name, schema]) => [JSON.stringify(schema), name])),
  };
}

/** Equal schemas are one component, under the name that came first. */
function keep({ schemas, names }: Kept, name: string, schema: Schema): Schema {
  const shape = JSON.stringify(schema);
  const known = names.get(shape);
  if (known !== undefined) return refTo(known);
  let free = name;
  for (let number = 2; schemas.has(free); number++) free = name + number;
  schemas.set(free, schema);
  names.set(shape, free);
  return refTo(free);
}

function schemasOf(paths: Paths): Schema[] {
  const found: Schema[] = [];
  mapOperations(paths, (operation: Operation) =>
    mapSchemas(operation, (schema) => {
      found.push(schema);
      return schema;
    }),
  );
  return found;
}
