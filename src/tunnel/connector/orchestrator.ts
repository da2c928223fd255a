import type { ServedConfiguration } from './contract.js';
import {
  closeWhenAnswered,
  collectBody,
  type EdgeStream,
  type IngressContext,
  refuse,
} from './edge-stream.js';
import {
  DEFAULT_WARP_ROUTING,
  type IngressConfiguration,
  type IngressRule,
  parseConfiguration,
} from './ingress/configuration.js';
import { type Ingress, openIngress } from './ingress/ingress.js';
import { DEFAULT_ORIGIN_REQUEST } from './ingress/origin-request.js';

/** What the edge is told about a configuration that it has sent. */
interface UpdateAnswer {
  readonly lastAppliedVersion: number;
  /** Null when all is well, otherwise what is wrong. */
  readonly err: string | null;
}

/** Has the one configuration that all connections of a connector serve by. */
export interface Orchestrator {
  /** -1 until one has come from an edge. */
  readonly version: number;
  readonly configuration: IngressConfiguration;
  readonly ingress: Ingress;
  /**
   * Takes a newer version, and answers which one counts now. A version that is not newer changes nothing, and one that
   * cannot be served leaves the old one as it is. What is under way goes on with the configuration it began with.
   */
  update(version: number, config: unknown): Promise<UpdateAnswer>;
  close(): void;
}

/** Lower than any that an edge sends: a tunnel's first one is 0. */
const NO_VERSION = -1;

/** Starts with the connector's own configuration. Rejects when its services cannot be made ready. */
export async function createOrchestrator(
  local: IngressConfiguration,
  context: IngressContext,
): Promise<Orchestrator> {
  let version = NO_VERSION;
  let configuration = local;
  let ingress = await openIngress(local, context);
  let closed = false;
  // One after the other: connections bring the same version at the same time.
  let last: Promise<unknown> = Promise.resolve();

  async function apply(next: number, config: unknown): Promise<UpdateAnswer> {
    if (next <= version) return { lastAppliedVersion: version, err: null };
    try {
      if (closed) throw new Error('the connector is stopping');
      const parsed = parseConfiguration(config);
      const opened = await openIngress(parsed, context);
      ingress.retire();
      if (closed) opened.retire();
      [version, configuration, ingress] = [next, parsed, opened];
      context.log.info({ version }, 'connector: configured by the edge');
      return { lastAppliedVersion: version, err: null };
    } catch (error) {
      const { message } = error as Error;
      context.log.error({ version: next, reason: message }, 'connector: configuration refused');
      return { lastAppliedVersion: version, err: message };
    }
  }

  return {
    get version() {
      return version;
    },
    get configuration() {
      return configuration;
    },
    get ingress() {
      return ingress;
    },
    update(next, config) {
      const answer = last.then(() => apply(next, config));
      last = answer;
      return answer;
    },
    close() {
      closed = true;
      ingress.retire();
    },
  };
}

const MAX_CONFIGURATION_BYTES = 4 * 1024 * 1024;
const MAX_VERSION = 2_147_483_647;

/** Serves a stream on which the edge sends a configuration: `{"version":1,"config":{…}}`. */
export async function serveConfiguration(stream: EdgeStream, orchestrator: Orchestrator): Promise<void> {
  const body = await collectBody(stream, MAX_CONFIGURATION_BYTES);
  if (body === null)
    return refuse(stream, 413, `a configuration has at most ${MAX_CONFIGURATION_BYTES} bytes`);
  const update = decodeUpdate(body.toString('utf8'));
  if (!update) return refuse(stream, 502, 'a configuration comes as {"version": number, "config": object}');
  const answer = await orchestrator.update(update.version, update.config);
  if (stream.destroyed) return;
  closeWhenAnswered(stream);
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(JSON.stringify(answer));
}

/** Null for what is not an update at all. */
function decodeUpdate(body: string): { readonly version: number; readonly config: unknown } | null {
  try {
    const { version, config } = JSON.parse(body);
    if (!Number.isInteger(version) || Math.abs(version) > MAX_VERSION || config === undefined) return null;
    return { version, config };
  } catch {
    return null;
  }
}

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
