import {
  type ComponentSchemas,
  componentName,
  ENTRY,
  mapInside,
  refTo,
  SAME,
  type Schema,
  VALUE,
} from './document.js';
import { pascal, singular } from './words.js';

/** Objects that are the same everywhere, by the property that holds them or a list of them. */
const EVERYWHERE: Readonly<Record<string, string>> = {
  result_info: 'ResultInfo',
  error: 'ErrorEntry',
  error_chain: 'ErrorCause',
  message: 'Message',
};

/** What holds no more than this, and means the same wherever it stands, by its properties. */
const ANYWHERE: Readonly<Record<string, string>> = { id: 'Identified', 'id,name': 'Named' };

/**
 * Every object below these schemas as a component of its own, named by the way to it: `PoolOrigin` for an item of `origins` in
 * `Pool`. Equal objects are one, under the shortest of their names.
 */
export function nameObjects(roots: ComponentSchemas): ComponentSchemas {
  const names = namesOf(roots);
  const components: Record<string, Schema> = {};
  for (const [root, schema] of Object.entries(roots)) components[root] = named(schema);
  return components;

  function named(schema: Schema): Schema {
    return mapInside(schema, (inside) => {
      const name = names.get(shapeOf(inside));
      if (name === undefined || !isNamed(inside)) return named(inside);
      components[name] ??= named(bare(inside));
      return inside.nullable ? { type: 'object', nullable: true, allOf: [refTo(name)] } : refTo(name);
    });
  }
}

const isNamed = ({ type, properties }: Schema) => type === 'object' && properties !== undefined;
/** Whether it may be null is up to the place where it stands. */
const bare = ({ nullable: _told, ...schema }: Schema): Schema => schema;
const shapeOf = (schema: Schema) => JSON.stringify(bare(schema));

/** The name of each object by its shape. */
function namesOf(roots: ComponentSchemas): Map<string, string> {
  const candidates = new Map<string, string[]>();
  /** `owner` is the object that has the property `word`, or a list of what `word` is one of. */
  function collect(schema: Schema, owner: string, word: string): void {
    const own = EVERYWHERE[word] ?? owner + pascal(word);
    if (isNamed(schema) && word !== '') push(candidates, shapeOf(schema), own);
    mapInside(schema, (inside, step) => {
      if (step === ENTRY) collect(inside, owner, singular(word) || 'entry');
      // Generators call the map, or the choice, itself by its property.
      else if (step === VALUE) collect(inside, owner, `${word}_value`);
      else if (step === SAME) collect(inside, owner, `${word}_object`);
      else collect(inside, own, step);
      return inside;
    });
  }
  for (const [root, schema] of Object.entries(roots)) collect(schema, root, '');
  const names = new Map(Object.entries(roots).map(([root, schema]) => [shapeOf(schema), root]));
  const taken = new Set(Object.keys(roots));
  for (const [shape, wanted] of candidates) {
    if (names.has(shape)) continue;
    const [shortest = ''] = wanted.toSorted((a, b) => a.length - b.length);
    const general = new Set(wanted).size > 1 ? ANYWHERE[propertiesOf(shape)] : undefined;
    const free = [general ?? shortest, ...wanted].find((name) => !taken.has(name));
    const name = free ?? numbered(shortest, taken);
    taken.add(name);
    names.set(shape, name);
  }
  return names;
}

const propertiesOf = (shape: string) => Object.keys((JSON.parse(shape) as Schema).properties ?? {}).join();

function numbered(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number++) if (!taken.has(name + number)) return name + number;
}

function push(lists: Map<string, string[]>, key: string, entry: string): void {
  const list = lists.get(key);
  if (list) list.push(entry);
  else lists.set(key, [entry]);
}

/** The schemas that these ones name, and those that they name in turn, by name. */
export function usedOf(used: readonly Schema[], components: ComponentSchemas): ComponentSchemas {
  const found = new Map<string, Schema>();
  function follow(schema: Schema): Schema {
    const name = componentName(schema);
    const component = name === undefined ? undefined : components[name];
    if (name !== undefined && component && !found.has(name)) {
      found.set(name, component);
      follow(component);
    }
    return mapInside(schema, follow);
  }
  used.forEach(follow);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
