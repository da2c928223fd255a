import type { Status } from '../tunnel-shape.js';

interface Connection {
  readonly clientId: string;
  readonly connIndex: number;
}

/** What cloudflared opens unless it knows fewer edge addresses. */
const FULL_SET = 4;

/**
 * The health of a tunnel from its live connections. A connector does not say how many connections it wants: four are
 * known to be all, and with fewer a gap in their indexes shows that one is lost.
 */
export function statusOf(connections: readonly Connection[], everConnected: boolean): Status {
  if (connections.length === 0) return everConnected ? 'down' : 'inactive';
  const indexes = new Map<string, number[]>();
  for (const { clientId, connIndex } of connections) {
    indexes.set(clientId, [...(indexes.get(clientId) ?? []), connIndex]);
  }
  const connectors = [...indexes.values()];
  const oneIsFull = connectors.some((all) => all.length >= FULL_SET);
  const noneHasGaps = connectors.every((all) => Math.max(...all) + 1 === all.length);
  return oneIsFull || noneHasGaps ? 'healthy' : 'degraded';
}
