import type { Client } from '../../../storage/database.js';
import { putLocalConfiguration } from '../store.js';
import { told } from './configuration-schema.js';

/** Keeps what a connector of a locally managed tunnel tells of its configuration: JSON text of an object. Throws when it cannot be kept. */
export async function recordLocalConfiguration(db: Client, tunnelId: string, json: string): Promise<void> {
  const { data, error } = told.safeParse(JSON.parse(json));
  if (data) return await putLocalConfiguration(db, tunnelId, data);
  const [issue] = error!.issues;
  throw new Error(`${['config', ...issue!.path].join('.')} ${issue!.message}`);
}
