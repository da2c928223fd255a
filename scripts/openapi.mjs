// Writes openapi/openapi.json from the compiled program.
import { mkdirSync, writeFileSync } from 'node:fs';
import { openapiDocument } from '../dist/app/openapi-document.js';

mkdirSync(new URL('../openapi', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../openapi/openapi.json', import.meta.url),
  `${JSON.stringify(await openapiDocument(), null, 2)}\n`,
);
