import { z } from 'zod';
import { accountEntry, belongings, entryOf, zoneEntry } from './entry.js';
import type { AnySeedNoun } from './noun.js';
import { NOUNS_OF_ACCOUNTS, NOUNS_OF_ZONES } from './nouns/all.js';

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  propertyNames?: Node;
  anyOf?: Node[];
  [keyword: string]: unknown;
}

/** A JSON Schema of seeds, for editors: what `apply.ts` checks, but for rules between fields and objects. */
export function seedSchema(): object {
  const zone = { ...schemaOf(zoneEntry), ...listing(schemaOf(zoneEntry), NOUNS_OF_ZONES) };
  const within = (schema: Node): Node => {
    const filled = listing(schema, NOUNS_OF_ACCOUNTS);
    return { ...filled, properties: { ...filled.properties, zones: { type: 'array', items: zone } } };
  };
  const accounts = { type: 'array', minItems: 1, items: within(schemaOf(accountEntry)) };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Offramp seed',
    anyOf: [
      within(schemaOf(belongings)),
      { type: 'object', properties: { accounts }, required: ['accounts'], additionalProperties: false },
    ],
  };
}

function schemaOf(schema: z.ZodType): Node {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  });
  return rest as Node;
}

/** The schema with what entries of the lists may have. */
const listing = (schema: Node, nouns: readonly AnySeedNoun[]): Node => ({
  ...schema,
  properties: {
    ...schema.properties,
    ...Object.fromEntries(nouns.map((noun) => [noun.member, { type: 'array', items: entrySchema(noun) }])),
  },
});

function entrySchema(noun: AnySeedNoun): Node {
  const schema = schemaOf(entryOf(noun));
  for (const { at } of noun.references) takeNames(schema, at);
  return schema;
}

/** Where the API takes an identifier, a seed takes a name. */
function takeNames(schema: Node | undefined, [first, ...rest]: readonly string[]): void {
  if (typeof schema !== 'object') return;
  for (const one of schema.anyOf ?? []) takeNames(one, [first!, ...rest]);
  if (first === '~') {
    delete schema.propertyNames;
    return;
  }
  const inside =
    first === '*'
      ? [schema.items, schema.additionalProperties as Node | undefined]
      : [schema.properties?.[first!]];
  for (const one of inside) {
    if (rest.length > 0 || typeof one !== 'object') takeNames(one, rest);
    else {
      for (const keyword of Object.keys(one)) delete one[keyword];
      one.type = ['string', 'null'];
    }
  }
}
