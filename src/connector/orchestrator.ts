import { type IngressConfiguration, parseConfiguration } from './ingress/configuration.js';
import { type Ingress, openIngress } from './ingress/ingress.js';
import type { IngressContext } from './ingress/ingress-request.js';

/** What the edge is told about a configuration that it has sent. */
export interface UpdateAnswer {
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
