import { readFileSync } from 'node:fs';

/** What Cloudflare's description says of one operation; scripts/oracle-facts.mjs writes it, and tells how a type is written. */
export interface OperationFacts {
  /** Six operations have none. */
  readonly id?: string;
  readonly permissions?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
  /** Numbers of shapes. */
  readonly body?: number;
  readonly answer?: number;
  readonly statuses: readonly string[];
}

interface Facts {
  readonly operations: Readonly<Record<string, OperationFacts>>;
  readonly shapes: readonly Readonly<Record<string, string>>[];
}

const facts = JSON.parse(readFileSync(new URL('contract-facts.json', import.meta.url), 'utf8')) as Facts;

/** By `GET /zones/{zone_id}`. */
export const contractFacts: ReadonlyMap<string, OperationFacts> = new Map(Object.entries(facts.operations));

/** Those with more literal parts first: `/pools` is no id of a load balancer. */
const templates = [...new Set([...contractFacts.keys()].map((key) => key.split(' ')[1]!))]
  .sort((a, b) => a.split('{').length - b.split('{').length)
  .map((template) => ({
    template,
    pattern: new RegExp(
      `^${template.replace('{accounts_or_zones}', '(accounts|zones)').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`,
    ),
  }));

/** The operation that a request is one of; undefined when Cloudflare does not describe it. */
export function operationAt(method: string, pathname: string): string | undefined {
  const template = templates.find(({ pattern }) => pattern.test(pathname))?.template;
  const key = `${method} ${template}`;
  return contractFacts.has(key) ? key : undefined;
}

/** Where the description is wrong, as test/support/oracle-mistakes.ts tells: the last rule of an ingress has no host name. */
const MISTAKEN = /\bingress\[\]\.hostname$/;

/** Where a good answer is not of the shape that Cloudflare describes: a value of another type, or one that must be there. */
export function factFaults(operation: string, status: number, body: unknown): string[] {
  const { answer, statuses } = contractFacts.get(operation)!;
  if (!statuses.includes(String(status)) && !statuses.includes(`${String(status)[0]}XX`))
    return [`has no answer with status ${status}`];
  if (status !== 200 || answer === undefined) return [];
  const faults: string[] = [];
  for (const [path, told] of Object.entries(facts.shapes[answer]!)) {
    judge(body, path, path, MISTAKEN.test(path) ? told.replace('!', '') : told, faults);
  }
  return faults;
}

/** Follows `result[].origins[].address` into the value. Null is taken everywhere: the facts do not tell where it is not. */
function judge(value: unknown, rest: string, path: string, told: string, faults: string[]): void {
  const [, head = '', tail = ''] = /^(\[\]|\{\}|\.?[^.[{]+)(.*)$/s.exec(rest)!;
  if (value === null || typeof value !== 'object') return;
  const inside =
    head === '[]' ? (Array.isArray(value) ? value : []) : head === '{}' ? Object.values(value) : null;
  const name = head.replace(/^\./, '');
  const values = inside ?? [(value as Record<string, unknown>)[name]];
  for (const found of values) {
    if (tail !== '') judge(found, tail, path, told, faults);
    else if (found !== undefined) faults.push(...typeFaults(found, path, told));
    else if (told.includes('!')) faults.push(`${path} is not there`);
  }
}

function typeFaults(value: unknown, path: string, told: string): string[] {
  const [, types = '', words] = /^([a-z|]+)!?(?: (.*))?$/s.exec(told)!;
  if (value === null || types === 'any') return [];
  const type = Array.isArray(value) ? 'array' : typeof value;
  const fits = types
    .split('|')
    .some((one) => one === type || (type === 'number' && one === 'integer' && Number.isInteger(value)));
  if (!fits) return [`${path} is ${type}, not ${types}`];
  if (words !== undefined && !words.split('|').includes(String(value)))
    return [`${path} is ${JSON.stringify(value)}, none of ${words}`];
  return [];
}
