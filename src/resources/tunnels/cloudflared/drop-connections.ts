import { ApiError } from '../../../api/errors.js';
import type { Context } from '../../context.js';

/** Ends the live connections of a tunnel, or those of one connector. A cloudflared that still may, comes back. */
export async function dropConnections(
  dataPlane: Context['dataPlane'],
  tunnelId: string,
  clientId: string | null,
): Promise<void> {
  const live = dataPlane.connections(tunnelId);
  if (!live.some((connection) => clientId === null || connection.clientId === clientId)) return;
  try {
    await dataPlane.ask('drop_connections', { tunnelId, clientId });
  } catch (error) {
    throw new ApiError('overloaded', `the connections could not be ended: ${(error as Error).message}`);
  }
}
