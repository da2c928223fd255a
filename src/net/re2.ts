import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

let library: typeof RE2JS | undefined;

/** RE2, which matches in linear time. It is large and most configurations have no pattern: it is loaded with the first. */
export function re2(): typeof RE2JS {
  library ??= (createRequire(import.meta.url)('re2js') as typeof import('re2js')).RE2JS;
  return library;
}
