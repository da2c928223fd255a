import { domainToASCII } from 'node:url';
import type { RE2JS } from 're2js';
import { re2 } from '../../../net/re2.js';
import {
  ConfigurationError,
  DEFAULT_ORIGIN_REQUEST,
  type OriginRequestSettings,
  parseOriginRequest,
  readCount,
  readFlag,
  readList,
  readObject,
  readSeconds,
  readText,
  refuseUnknown,
  shown,
} from './origin-request.js';

/** A configuration as people and the API write it. */
export interface ConfigurationInput {
  /** In the order in which they are tried; the last one takes every request. None: every request is answered 503. */
  readonly ingress?: readonly IngressRuleInput[];
  /** For all rules that do not say otherwise. */
  readonly originRequest?: Partial<OriginRequestSettings>;
  /** For raw TCP streams to private addresses; durations are seconds. */
  readonly 'warp-routing'?: Partial<WarpRouting>;
}

export interface IngressRuleInput {
  /** A host, or `*.` and what stands below it. */
  readonly hostname?: string;
  /** A regular expression of Go's syntax. */
  readonly path?: string;
  /** Such as `http://localhost:8080`, `unix:/run/app.sock`, `tcp://localhost:5432`, `http_status:404`, `hello_world`. */
  readonly service: string;
  readonly originRequest?: Partial<OriginRequestSettings>;
}

export interface IngressRule {
  /** As it was written. */
  readonly hostname: string;
  readonly host: HostPattern;
  readonly path: PathPattern | null;
  readonly service: Service;
  readonly originRequest: OriginRequestSettings;
}

/** For raw TCP streams. Durations are seconds. */
export interface WarpRouting {
  readonly connectTimeout: number;
  readonly tcpKeepAlive: number;
  /** Streams at the same time; 0 is no limit. */
  readonly maxActiveFlows: number;
}

export interface IngressConfiguration {
  readonly rules: readonly IngressRule[];
  readonly originRequest: OriginRequestSettings;
  readonly warpRouting: WarpRouting;
}

export const DEFAULT_WARP_ROUTING: WarpRouting = { connectTimeout: 5, tcpKeepAlive: 30, maxActiveFlows: 0 };

const MAX_RULES = 1_000;

/**
 * Reads `{ ingress, originRequest, warp-routing }` by cloudflared's rules. Throws a ConfigurationError for what is wrong,
 * and for what this connector does not have: nothing that is written is ignored.
 */
export function parseConfiguration(value: unknown): IngressConfiguration {
  const object = readObject(value, 'config') ?? {};
  refuseUnknown(object, ['ingress', 'originRequest', 'warp-routing'], 'config');
  const originRequest = {
    ...DEFAULT_ORIGIN_REQUEST,
    ...parseOriginRequest(object.originRequest, 'originRequest'),
  };
  const list = readList(object.ingress, 'ingress') ?? [];
  if (list.length > MAX_RULES)
    throw new ConfigurationError('ingress', `${list.length} rules; at most ${MAX_RULES} are taken`);
  const rules = list.map((rule, index) => parseRule(rule, originRequest, `ingress[${index}]`));
  checkCatchAll(rules);
  return { rules, originRequest, warpRouting: parseWarpRouting(object['warp-routing']) };
}

function parseRule(value: unknown, defaults: OriginRequestSettings, at: string): IngressRule {
  const object = readObject(value, at);
  if (!object) throw new ConfigurationError(at, 'must be an object with a service');
  refuseUnknown(object, ['hostname', 'path', 'service', 'originRequest'], at);
  const originRequest = { ...defaults, ...parseOriginRequest(object.originRequest, `${at}.originRequest`) };
  const hostname = readText(object.hostname, `${at}.hostname`) ?? '';
  const path = readText(object.path, `${at}.path`) ?? '';
  return {
    hostname,
    host: parseHostname(hostname, `${at}.hostname`),
    path: path === '' ? null : parsePathPattern(path, `${at}.path`),
    service: ruleService(readText(object.service, `${at}.service`) ?? '', originRequest, `${at}.service`),
    originRequest,
  };
}

function ruleService(text: string, { bastionMode }: OriginRequestSettings, at: string): Service {
  // As in cloudflared: with this mode the service says nothing, but for those that stand for themselves.
  if (!bastionMode || /^(unix|http_status|hello|socks)/.test(text)) return parseService(text, at);
  return { kind: 'bastion', text: 'bastion' };
}

function checkCatchAll(rules: readonly IngressRule[]): void {
  for (const [index, { host, path }] of rules.entries()) {
    const catchesAll = host.kind === 'any' && path === null;
    const isLast = index === rules.length - 1;
    if (isLast && !catchesAll)
      throw new ConfigurationError(
        `ingress[${index}]`,
        'is the last rule and must match every request: it may have no hostname and no path',
      );
    if (!isLast && catchesAll)
      throw new ConfigurationError(
        `ingress[${index}]`,
        'matches every request, so the rules after it would never be used',
      );
  }
}

function parseWarpRouting(value: unknown): WarpRouting {
  const at = 'warp-routing';
  const object = readObject(value, at) ?? {};
  refuseUnknown(object, [...Object.keys(DEFAULT_WARP_ROUTING), 'enabled'], at);
  // Old configurations have it. Private addresses are always reached, whatever it says: so it has been in cloudflared
  // since 2023.
  readFlag(object.enabled, `${at}.enabled`);
  return {
    connectTimeout:
      readSeconds(object.connectTimeout, `${at}.connectTimeout`) ?? DEFAULT_WARP_ROUTING.connectTimeout,
    tcpKeepAlive: readSeconds(object.tcpKeepAlive, `${at}.tcpKeepAlive`) ?? DEFAULT_WARP_ROUTING.tcpKeepAlive,
    maxActiveFlows:
      readCount(object.maxActiveFlows, `${at}.maxActiveFlows`) ?? DEFAULT_WARP_ROUTING.maxActiveFlows,
  };
}

/**
 * Which hosts a rule is for: every one, or those that equal one of `hosts` or end in `suffix`. As in cloudflared the
 * characters are compared as they are: edges send hosts in lower case, without a final dot.
 */
type HostPattern =
  | { readonly kind: 'any' }
  /** As it is written, and in the form that DNS has when that is another one. */
  | { readonly kind: 'exact'; readonly hosts: readonly string[] }
  /** With its leading dot. */
  | { readonly kind: 'below'; readonly suffix: string };

/**
 * Empty and `*` are every host; `*.example.com` is all below it, at any depth, and not itself. Only a name without a
 * wildcard also stands for its form in DNS: `*.Example.com` takes no host in lower case.
 */
function parseHostname(hostname: string, at: string): HostPattern {
  const wrong = (reason: string) => new ConfigurationError(at, `${shown(hostname)} ${reason}`);
  if (hostname === '' || hostname === '*') return { kind: 'any' };
  if (hostname.includes(':')) throw wrong('must not contain a port');
  const below = hostname.startsWith('*.');
  const name = below ? hostname.slice(2) : hostname;
  if (name.includes('*')) throw wrong('may have a wildcard only as its first label, as in *.example.com');
  if (!isHostname(name)) throw wrong('is not a host name');
  if (below) return { kind: 'below', suffix: `.${name}` };
  const ascii = toAscii(name);
  return { kind: 'exact', hosts: ascii === null || ascii === name ? [name] : [name, ascii] };
}

/** `host` as `requestHost` gives it. */
export function matchesHost(pattern: HostPattern, host: string): boolean {
  if (pattern.kind === 'any') return true;
  return pattern.kind === 'exact' ? pattern.hosts.includes(host) : host.endsWith(pattern.suffix);
}

/** The host of an authority, without its port and then without brackets; all of it when it has no port. */
export function requestHost(authority: string): string {
  const [, bracketed, host = authority] = /^(?:\[([^\]]*)\]|([^:]*)):[^:[\]]*$/.exec(authority) ?? [];
  return bracketed ?? host;
}

const isHostname = (name: string): boolean =>
  /^[\x21-\x7e]+$/.test(name) ? !/[/?#@\\]/.test(name) : domainToASCII(name) !== '';

/** Lower case, other scripts in punycode; null for a name that has no such form by the rules for looking names up. */
function toAscii(name: string): string | null {
  // The standard's conversion of what is ASCII already would also rewrite numbers into addresses.
  const ascii = /^[\x21-\x7e]+$/.test(name) ? name.toLowerCase() : domainToASCII(name);
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : null;
}

/** No underscore, no hyphen at an end, nor two as the third and fourth character but of punycode. */
const LABEL = /^(?!-)(?!(?!xn)..--)[a-z0-9-]*(?<!-)$/;

/** A regular expression of Go's syntax. Any part of the path may match; the time is linear in it. */
interface PathPattern {
  readonly source: string;
  matches(path: string): boolean;
}

/** What a match costs for each character: `[ab]{1000}` is a thousand instructions. */
const MAX_INSTRUCTIONS = 2_000;

/** Throws a ConfigurationError when there is no such expression, or it costs too much. */
function parsePathPattern(source: string, at: string): PathPattern {
  const compiled = compile(source, at);
  if (compiled.programSize() > MAX_INSTRUCTIONS)
    throw new ConfigurationError(
      at,
      `${shown(source)} needs ${compiled.programSize()} steps for each character, of at most ${MAX_INSTRUCTIONS}`,
    );
  return { source, matches: (path) => compiled.test(path) };
}

function compile(source: string, at: string): RE2JS {
  try {
    return re2().compile(source);
  } catch (error) {
    throw new ConfigurationError(
      at,
      `${shown(source)} is no regular expression: ${(error as Error).message}`,
    );
  }
}

/** What a rule leads to, with `text` as it was written. */
export type Service = { readonly text: string } & (
  | { readonly kind: 'http'; readonly tls: boolean; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly tls: boolean; readonly path: string }
  /** Raw TCP, which visitors reach over a WebSocket (`cloudflared access`). */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** As `tcp`, to wherever the visitor's header says. */
  | { readonly kind: 'bastion' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'hello' }
);

const HTTP_SCHEMES: Readonly<Record<string, { tls: boolean; port: number }>> = {
  http: { tls: false, port: 80 },
  https: { tls: true, port: 443 },
  ws: { tls: false, port: 80 },
  wss: { tls: true, port: 443 },
};
/** With the ports that cloudflared takes when none is named. */
const TCP_PORTS: Readonly<Record<string, number>> = { tcp: 7864, ssh: 22, rdp: 3389, smb: 445 };
const SCHEMES = [...Object.keys(HTTP_SCHEMES), ...Object.keys(TCP_PORTS)];

const URL = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(\[[0-9a-fA-F:.]+\]|[^/?#@:[\]\s]+)(?::(\d{1,5}))?$/;

/** Throws a ConfigurationError for a text that names no service, or one that this connector does not have. */
function parseService(text: string, at: string): Service {
  const wrong = (reason: string) => new ConfigurationError(at, `${shown(text)} ${reason}`);
  if (text === 'hello_world' || text === 'hello-world') return { kind: 'hello', text: 'hello_world' };
  if (text === 'bastion') return { kind: 'bastion', text };
  if (text === 'socks-proxy') throw wrong('is not supported: this connector is no SOCKS proxy');
  const [, secure, path] = /^unix(\+tls)?:(.+)$/s.exec(text) ?? [];
  if (path !== undefined) return { kind: 'unix', text, tls: secure !== undefined, path };
  if (text.startsWith('http_status:')) return parseStatus(text, wrong);
  return parseUrl(text, wrong);
}

type Wrong = (reason: string) => ConfigurationError;

function parseStatus(text: string, wrong: Wrong): Service {
  const digits = text.slice('http_status:'.length);
  const status = /^\d{3}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(status >= 100)) throw wrong('must name an HTTP status from 200 to 999');
  // cloudflared takes them, and then answers with another status.
  if (status < 200) throw wrong('is not supported: an informational status is no answer to a request');
  return { kind: 'status', text, status };
}

function parseUrl(text: string, wrong: Wrong): Service {
  const [, given, bracketed, digits] = URL.exec(text) ?? [];
  const scheme = given?.toLowerCase() ?? '';
  if (bracketed === undefined || !SCHEMES.includes(scheme)) throw wrong(urlComplaint(text));
  const host = bracketed.replace(/^\[(.*)\]$/, '$1');
  const http = HTTP_SCHEMES[scheme];
  const port = Number(digits ?? http?.port ?? TCP_PORTS[scheme]);
  if (port < 1 || port > 65_535) throw wrong('has a port that is not from 1 to 65535');
  return http ? { kind: 'http', text, tls: http.tls, host, port } : { kind: 'tcp', text, host, port };
}

function urlComplaint(text: string): string {
  const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || !SCHEMES.includes(scheme.toLowerCase()))
    return `must be a URL of ${SCHEMES.join(', ')}, or unix:PATH, unix+tls:PATH, http_status:CODE, hello_world or bastion`;
  if (/[/?#]/.test(rest!)) return 'must not have a path: requests keep their own';
  if (rest!.includes('@')) return 'must not have a user name or a password: they would not be sent';
  return 'must have a host, and at most a port besides, as in http://localhost:8080';
}
