// Writes openapi/openapi.json from the compiled program, an operation or a component on each line, and openapi/seed.schema.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { openapiDocument } from '../dist/app/openapi-document.js';
import { seedSchema } from '../dist/seed/schema.js';
import { readArguments } from './support/arguments.mjs';

readArguments(import.meta.filename);

const folder = new URL('../openapi/', import.meta.url);
mkdirSync(folder, { recursive: true });
write('openapi.json', await openapiDocument(), 3);
write('seed.schema.json', seedSchema(), 2);

function write(name, document, depth) {
  writeFileSync(new URL(name, folder), `${lines(JSON.parse(JSON.stringify(document)), depth)}\n`);
}

/** JSON whose objects are broken into lines down to this depth. */
function lines(value, depth) {
  if (depth === 0 || value === null || typeof value !== 'object' || Array.isArray(value))
    return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, inside]) => `${JSON.stringify(name)}: ${lines(inside, depth - 1)}`,
  );
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n}`;
}
