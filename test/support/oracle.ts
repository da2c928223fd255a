import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { parseCidr } from '../../src/net/addresses.js';
import { ORACLE_MISTAKES, type OracleMistake } from './oracle-mistakes.js';

const FILE =
  process.env.OFFRAMP_ORACLE ??
  path.resolve(import.meta.dirname, '../../../shared/oracle/cloudflare-api.openapi.json');

/** Why nothing can be compared with Cloudflare's own description, or null when it is there. */
export const oracleAbsent = existsSync(FILE)
  ? null
  : "Cloudflare's OpenAPI description is not here; OFFRAMP_ORACLE names the file";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

export interface OracleDocument {
  readonly paths: Record<string, Record<string, JsonObject>>;
}

export interface Oracle {
  /** `GET /zones/{zone_id}` for a request of that operation, undefined for one that Cloudflare does not describe. */
  operationOf(method: string, pathname: string): string | undefined;
  /** What Cloudflare's description has against this answer: empty when it is what the description says. */
  faults(operation: string, status: number, body: unknown): string[];
}

let loaded: OracleDocument | undefined;
let faithful: Oracle | undefined;

/** The description as it was published. Throws when it is absent. */
export function oracleDocument(): OracleDocument {
  loaded ??= JSON.parse(readFileSync(FILE, 'utf8')) as OracleDocument;
  return loaded;
}

/** The description with its known mistakes corrected. Throws when it is absent. */
export function oracle(): Oracle {
  faithful ??= readOracle(ORACLE_MISTAKES);
  return faithful;
}

/** The description with these mistakes corrected and no others. */
export function readOracle(mistakes: readonly OracleMistake[]): Oracle {
  const document = structuredClone(oracleDocument());
  for (const mistake of mistakes) correct(document as unknown as JsonObject, mistake);
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    multipleOfPrecision: 6,
    formats: {
      'url-encoded-date-time': true,
      cidr: (text: string) => text.includes('/') && parseCidr(text) !== null,
    },
  });
  formats.default(ajv);
  ajv.addSchema(toJsonSchema(document as unknown as Json) as JsonObject, 'oracle');
  const compiled = new Map<string, ValidateFunction>();
  const routes = routesOf(document);

  function validator(operation: string, status: number): ValidateFunction | undefined {
    const [method, template] = operation.split(' ') as [string, string];
    const responses = document.paths[template]![method.toLowerCase()]!.responses as JsonObject;
    const key = [String(status), `${String(status)[0]}XX`].find((name) => name in responses);
    if (key === undefined) return undefined;
    const pointer = ['paths', template, method.toLowerCase(), 'responses', key, ...SCHEMA]
      .map(pointerPart)
      .join('/');
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `oracle#/${pointer}` });
    compiled.set(pointer, known);
    return known;
  }

  return {
    operationOf(method, pathname) {
      const route = routes.find(({ pattern }) => pattern.test(pathname));
      return route?.methods.has(method) ? `${method} ${route.template}` : undefined;
    },
    faults(operation, status, body) {
      const validate = validator(operation, status);
      if (validate === undefined) return [`has no answer with status ${status}`];
      return validate(body) ? [] : validate.errors!.map(describe);
    },
  };
}

const SCHEMA = ['content', 'application/json', 'schema'];
const pointerPart = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
const describe = ({ instancePath, message, params }: ErrorObject) =>
  `${instancePath || '(the whole answer)'} ${message} ${JSON.stringify(params)}`;

/** The templates as patterns, those with more literal parts first: `/pools` is no id of a load balancer. */
function routesOf({ paths }: OracleDocument) {
  const variables = (template: string) => template.split('{').length;
  return Object.keys(paths)
    .sort((a, b) => variables(a) - variables(b))
    .map((template) => ({
      template,
      methods: new Set(Object.keys(paths[template]!).map((method) => method.toUpperCase())),
      pattern: new RegExp(
        `^${template.replace('{accounts_or_zones}', '(accounts|zones)').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`,
      ),
    }));
}

function correct(document: JsonObject, { at, instead }: OracleMistake): void {
  const parts = at.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = parts.pop()!;
  const parent = parts.reduce<Json | undefined>((node, part) => (node as JsonObject)?.[part], document);
  if (parent === undefined || !(last in (parent as JsonObject)))
    throw new Error(`the description has nothing at ${at}`);
  if (instead === undefined) delete (parent as JsonObject)[last];
  else (parent as JsonObject)[last] = instead as Json;
}

/**
 * OpenAPI 3.0 as JSON Schema. `nullable` is a keyword of its own there, and the description writes `enum: [null]` beside
 * the type of a success for "always null".
 */
function toJsonSchema(node: Json): Json {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (node === null || typeof node !== 'object') return node;
  if (Array.isArray(node.enum) && node.enum.length === 1 && node.enum[0] === null) return { const: null };
  const { nullable, example, ...rest } = node;
  const schema = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, toJsonSchema(value)]));
  if (typeof schema.$ref === 'string') schema.$ref = schema.$ref.replace('#/', 'oracle#/');
  return nullable === true ? { anyOf: [{ const: null }, schema] } : schema;
}
