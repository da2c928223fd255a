import { openAccount } from './testing/account.js';
import type { Hook, OfframpOptions, TestOfframp, UseOptions } from './testing/contract.js';
import { type Endpoints, type StartedServer, startServer } from './testing/server.js';

export type {
  ExplainOptions,
  LoggedRequest,
  OfframpOptions,
  RequestFilters,
  TestClock,
  TestOfframp,
  UseOptions,
  Visited,
  VisitOptions,
  WireExplanation,
} from './testing/contract.js';

/** Where workers, which are other processes or threads, find the server of the run. Not `OFFRAMP_…`: it is no setting of the program. */
const SHARED = 'TESTING_OFFRAMP';
/** A guard for machines that are busy: a start takes a second or two of one that is not. */
const HOOK_MS = 120_000;

/**
 * One server for all workers of a run; a `globalSetup` of Vitest or Jest calls it with flags of its own, or is this module. Answers how to stop it,
 * which also happens when the process ends.
 */
export async function shareOfframp(options: OfframpOptions = {}): Promise<() => Promise<void>> {
  // Of an outer run, or of another project of this one.
  if (process.env[SHARED]) return async () => {};
  const server = await startServer(options);
  process.env[SHARED] = JSON.stringify(server.endpoints);
  return async () => {
    delete process.env[SHARED];
    await server.stop();
  };
}

/** `globalSetup` of both runners. What they hand over is their own configuration. */
// biome-ignore lint/style/noDefaultExport: both look for it.
export default async function globalSetup(): Promise<() => Promise<void>> {
  return await shareOfframp();
}

/**
 * An account and a zone of this file of tests, on the server of the run, or on one of its own where there is none. Called at the top of a file, or in
 * a `describe`; what it gives is there once `beforeAll` has run.
 */
export function useOfframp(options: UseOptions = {}): TestOfframp {
  const [beforeAll, afterAll] = [hook('beforeAll', options), hook('afterAll', options)];
  let own: StartedServer | null = null;
  let endpoints: Endpoints;
  let account: Omit<TestOfframp, 'reset'> | null = null;

  beforeAll(async () => {
    const shared = options.start ? undefined : process.env[SHARED];
    if (!shared) own = await startServer(options.start);
    endpoints = own ? own.endpoints : endpointsIn(shared!);
    account = await openAccount(endpoints, options.domain);
  }, HOOK_MS);

  afterAll(async () => {
    if (own) return await own.stop();
    const left = account;
    account = null;
    await left?.api('DELETE', `/accounts/${left.accountId}`);
  }, HOOK_MS);

  async function reset() {
    await account!.api('POST', '/_offramp/reset');
    account = await openAccount(endpoints, options.domain);
  }
  return new Proxy({} as TestOfframp, {
    get(_target, name) {
      // Runners look at values that they show or compare.
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON') return undefined;
      if (!account)
        throw new Error(
          `offramp.${name} is there while tests run: read it in a test or a hook, not while the file is loaded`,
        );
      return name === 'reset' ? reset : account[name as keyof typeof account];
    },
  });
}

function endpointsIn(shared: string): Endpoints {
  try {
    return JSON.parse(shared);
  } catch (error) {
    throw new Error(
      `${SHARED} is ${JSON.stringify(shared.slice(0, 40))}; shareOfframp sets it to the addresses of the server of the run, and nobody else should`,
      { cause: error },
    );
  }
}

function hook(name: 'beforeAll' | 'afterAll', options: UseOptions): Hook {
  const found = options[name] ?? (globalThis as unknown as Readonly<Record<string, Hook | undefined>>)[name];
  if (!found)
    throw new Error(
      `useOfframp finds no ${name}: give it the runner's hooks, useOfframp({ beforeAll, afterAll }), or let the runner make them global ("globals: true" of Vitest)`,
    );
  return found;
}
