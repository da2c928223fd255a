import type { ServedConfiguration } from '../contract.js';
import { DEFAULT_WARP_ROUTING, type IngressConfiguration, type IngressRule } from './configuration.js';
import { DEFAULT_ORIGIN_REQUEST } from './origin-request.js';

/** What an edge is told of a configuration that is not its own: every rule with the settings that are not the default. */
export function localConfiguration({ rules, warpRouting }: IngressConfiguration): Buffer {
  const ingress =
    rules.length > 0 ? rules.map(toldRule) : [{ service: 'http_status:503', originRequest: {} }];
  const told = { ingress, 'warp-routing': differences(warpRouting, DEFAULT_WARP_ROUTING) };
  return Buffer.from(JSON.stringify(told));
}

function toldRule({ hostname, path, service, originRequest }: IngressRule) {
  return {
    ...(hostname && { hostname }),
    ...(path && { path: path.source }),
    service: service.text,
    originRequest: differences(originRequest, DEFAULT_ORIGIN_REQUEST),
  };
}

/** The configuration in use. */
export function versionedConfiguration(
  version: number,
  configuration: IngressConfiguration,
): ServedConfiguration {
  const { rules, originRequest, warpRouting } = configuration;
  const ingress = rules.map((rule) => ({
    hostname: rule.hostname,
    path: rule.path?.source ?? null,
    service: rule.service.text,
    originRequest: rule.originRequest,
  }));
  const missing = [{ hostname: '', path: null, service: 'http_status:503', originRequest }];
  return {
    version,
    config: {
      ingress: ingress.length > 0 ? ingress : missing,
      'warp-routing': differences(warpRouting, DEFAULT_WARP_ROUTING),
      originRequest,
    },
  };
}

function differences<T extends object>(values: T, defaults: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => value !== defaults[name as keyof T]),
  ) as Partial<T>;
}
