import pg from 'pg';
import type { StartConfig } from '../../config/start-config.js';
import { hostPort } from '../../net/addresses.js';
import { type Asking, ask } from '../ask.js';
import { type Finding, good, wrong } from './finding.js';

const OLDEST_POSTGRES = 150_000;
const PATIENCE_MS = 3_000;

/** What a running Offramp at the address of the flags says of itself; null when nobody answers there. */
export async function lookAtRunning(config: StartConfig, asking: Asking): Promise<Finding[] | null> {
  const host = ['0.0.0.0', '::'].includes(config.api.host) ? '127.0.0.1' : config.api.host;
  const origin = `${config.apiTls ? 'https' : 'http'}://${hostPort(host, config.api.port)}`;
  if (config.api.port === 0) return null;
  const health = await ask(`${origin}/_offramp/health`, asking, { patienceMs: PATIENCE_MS }).catch(
    () => null,
  );
  if (!health || typeof health.version !== 'string') return null;
  const subject = 'running Offramp';
  const found = [good(subject, `version ${health.version} answers at ${origin}`)];
  if (health.database !== 'ok')
    found.push(wrong(subject, 'its database is not available: traffic goes on, and changes are refused'));
  const { result } = await ask(`${origin}/client/v4/accounts`, asking).catch((error: Error) => {
    found.push(wrong('credential', error.message));
    return { result: null };
  });
  if (Array.isArray(result)) found.push(good('credential', `is good for ${result.length} accounts`));
  return found;
}

/** Whether PostgreSQL can be used; never says the URL, which may have a password. */
export async function lookAtPostgres(url: string): Promise<Finding> {
  const subject = 'PostgreSQL';
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string; version: string; writable: boolean }>(
      "select current_setting('server_version_num') as number, current_setting('server_version') as version, not pg_is_in_recovery() as writable",
    );
    const { number, version, writable } = rows[0]!;
    if (Number(number) < OLDEST_POSTGRES)
      return wrong(subject, `version ${version} is too old: 15 or newer is needed`);
    if (!writable)
      return wrong(subject, `version ${version} is a replica, which takes no writes; name the primary`);
    return good(subject, `version ${version} takes writes`);
  } catch (error) {
    return wrong(subject, `cannot be used: ${(error as Error).message}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
