import type { StructReader } from '../capnp/reader.js';
import type { StructContent } from '../rpc/encode.js';
import { CallFailed } from '../rpc/server.js';

const MAX_BYTES = 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parameters of updateLocalConfiguration: the JSON text of a locally managed tunnel's configuration. CallFailed when it is none. */
export function readLocalConfiguration(params: StructReader): string {
  const json = params.data(0);
  if (json.length > MAX_BYTES)
    throw new CallFailed(`configuration of ${json.length} bytes; at most ${MAX_BYTES} are taken`);
  const text = textOf(json);
  if (text === null || !isObject(text)) throw new CallFailed('the configuration is no JSON object');
  return text;
}

/** The other way round. */
export function localConfigurationParams(json: Buffer): StructContent {
  return { dataWords: 0, pointers: 1, fill: (params) => params.data(0, json) };
}

function textOf(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
