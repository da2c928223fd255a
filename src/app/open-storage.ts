import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { localCallersOnly } from '../api/local-callers.js';
import { createStandby } from '../api/standby.js';
import type { StartConfig } from '../config/start-config.js';
import type { DataDir } from '../storage/data-dir.js';
import { type Database, type LockHolder, openDatabase } from '../storage/database.js';
import type { ApiCertificate } from './api-certificate.js';
import { apiServerOptions } from './open-sockets.js';

/** Opens the database that the flags name; as a standby it waits for it, and serves its own health meanwhile. */
export async function openStorage(
  config: StartConfig,
  dataDir: DataDir | null,
  certificate: ApiCertificate | null,
  { log, progress }: { readonly log: Logger; readonly progress: (text: string) => void },
): Promise<Database> {
  if (config.databaseUrl !== null) {
    const standby = createStandby(config.api, {
      guard: guardOf(config),
      server: apiServerOptions(config, log),
      certificate,
    });
    const onStandby = async (holder: () => Promise<LockHolder | null>) => {
      await standby.listen(holder);
      progress(`Waiting as a standby: another Offramp has the database. Health is at ${standby.healthUrl}`);
    };
    const db = openDatabase({
      url: config.databaseUrl,
      dataDir: null,
      onStandby: config.standby ? onStandby : null,
      log,
    });
    return await db.finally(standby.close);
  }
  const where = dataDir ? `in ${dataDir.path}` : 'in memory';
  progress(
    `Opening the embedded database ${where}${dataDir?.fresh === false ? '' : ' (the first start takes a few seconds)'}`,
  );
  return await openDatabase({ url: null, dataDir: dataDir ? `${dataDir.path}/database` : null, log });
}

/** Where every credential is good, who asks must not be a web page of a stranger. */
export const guardOf =
  ({ auth }: StartConfig, names: readonly string[] = []) =>
  (handler: RequestListener): RequestListener =>
    auth.mode === 'any' ? localCallersOnly(handler, names) : handler;
