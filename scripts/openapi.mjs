// Writes openapi/openapi.json from the compiled program: an operation, or a component, on each line.
import { mkdirSync, writeFileSync } from 'node:fs';
import { openapiDocument } from '../dist/app/openapi-document.js';

mkdirSync(new URL('../openapi', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../openapi/openapi.json', import.meta.url),
  `${lines(JSON.parse(JSON.stringify(await openapiDocument())), 3)}\n`,
);

/** JSON whose objects are broken into lines down to this depth. */
function lines(value, depth) {
  if (depth === 0 || value === null || typeof value !== 'object' || Array.isArray(value))
    return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, inside]) => `${JSON.stringify(name)}: ${lines(inside, depth - 1)}`,
  );
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n}`;
}
