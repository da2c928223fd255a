import { ConfigurationError } from './configuration-error.js';
import { type HostPattern, parseHostname } from './hostname.js';
import { DEFAULT_ORIGIN_REQUEST, type OriginRequestSettings, parseOriginRequest } from './origin-request.js';
import { type PathPattern, parsePathPattern } from './path-pattern.js';
import {
  readCount,
  readFlag,
  readList,
  readObject,
  readSeconds,
  readText,
  refuseUnknown,
} from './read-json.js';
import { parseService, type Service } from './service.js';

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
