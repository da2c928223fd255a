import { type Ip, parseIp } from '../net/addresses.js';
import type { DnsFacts, Facts, HttpFacts } from './facts.js';
import { type Type, utf8Bytes, type Value } from './types.js';

export interface FieldDefinition {
  readonly type: Type;
  /** The kind of request that has it: proxied ones (`http`), DNS-only ones, or both (null). */
  readonly of: 'http' | 'dns' | null;
  /** Undefined is a missing value. Only called for requests of its kind. */
  read(facts: Facts): Value | undefined;
}

const both = (type: Type, read: FieldDefinition['read']): FieldDefinition => ({ type, of: null, read });
const http = (type: Type, read: (http: HttpFacts) => Value): FieldDefinition => ({
  type,
  of: 'http',
  read: (facts) => read(facts.http!),
});
const dns = (type: Type, read: (dns: DnsFacts) => Value | undefined): FieldDefinition => ({
  type,
  of: 'dns',
  read: (facts) => read(facts.dns!),
});

/**
 * The fields of load balancer rules, with Cloudflare's names and types:
 * https://developers.cloudflare.com/load-balancing/additional-options/load-balancing-rules/reference/
 */
const FIELDS: Readonly<Record<string, FieldDefinition>> = {
  'cf.load_balancer.name': both('string', (facts) => utf8Bytes(facts.loadBalancer)),
  'cf.load_balancer.region': both('string', (facts) => facts.region),
  'ip.src': both('ip', (facts) => addressOf(facts.clientIp)),

  'http.cookie': http('string', (request) => request.headers().get('cookie')?.join('; ') ?? ''),
  'http.host': http('string', (request) => request.host),
  'http.referer': http('string', (request) => request.headers().get('referer')?.[0] ?? ''),
  'http.request.headers': http('map<array<string>>', (request) => request.headers()),
  'http.request.method': http('string', (request) => request.method),
  'http.request.timestamp.sec': http('integer', (request) => request.timestamp),
  'http.request.uri': http('string', (request) => request.uri),
  'http.request.uri.args': http('map<array<string>>', (request) => argumentsOf(request).byName),
  'http.request.uri.args.names': http('array<string>', (request) => argumentsOf(request).names),
  'http.request.uri.args.values': http('array<string>', (request) => argumentsOf(request).values),
  'http.request.uri.path': http('string', (request) => split(request.uri)[0]),
  'http.request.uri.query': http('string', (request) => split(request.uri)[1]),
  'http.request.version': http('string', (request) => request.version),

  'dns.qry.name': dns('string', (query) => query.name),
  'dns.qry.name.len': dns('integer', (query) => query.name.length),
  'dns.qry.qu': dns('boolean', (query) => query.unicast),
  'dns.qry.type': dns('integer', (query) => query.type),
  'dns.rr.opt.client': dns('boolean', (query) => query.clientSubnet !== null),
  'dns.rr.opt.client.addr': dns('ip', (query) =>
    query.clientSubnet === null ? undefined : addressOf(query.clientSubnet),
  ),
};

export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS);

/** Undefined when there is no field of that name. */
export const fieldNamed = (name: string): FieldDefinition | undefined =>
  Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;

function split(uri: string): readonly [path: string, query: string] {
  const mark = uri.indexOf('?');
  return mark < 0 ? [uri, ''] : [uri.slice(0, mark), uri.slice(mark + 1)];
}

/** Many rules ask the same of one request. */
const parsedArguments = new WeakMap<HttpFacts, QueryArguments>();

function argumentsOf(request: HttpFacts): QueryArguments {
  let parsed = parsedArguments.get(request);
  if (!parsed) {
    parsed = queryArguments(split(request.uri)[1]);
    parsedArguments.set(request, parsed);
  }
  return parsed;
}

/** The address of the last call is kept: the rules of one request all ask for the same one. */
let lastText = '';
let lastAddress: Ip | undefined;

function addressOf(text: string): Ip | undefined {
  if (text !== lastText) {
    lastAddress = parseIp(text) ?? undefined;
    lastText = text;
  }
  return lastAddress;
}

/** The arguments of a URI's query, in their order and as they were sent: nothing is decoded. */
interface QueryArguments {
  readonly names: readonly string[];
  /** One for each name; '' where there is no `=`. */
  readonly values: readonly string[];
  readonly byName: ReadonlyMap<string, readonly string[]>;
}

function queryArguments(query: string): QueryArguments {
  const names: string[] = [];
  const values: string[] = [];
  const byName = new Map<string, string[]>();
  for (const argument of query.split('&')) {
    if (argument === '') continue;
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? '' : argument.slice(equals + 1);
    names.push(name);
    values.push(value);
    const known = byName.get(name);
    if (known) known.push(value);
    else byName.set(name, [value]);
  }
  return { names, values, byName };
}
