import { readFile } from 'node:fs/promises';
import type { EdgeToDial } from '../edge/raw-connector.js';
import type { RunningOfframp } from './offramp.js';

/** The edge of a running Offramp, for the connectors of `test/edge`. */
export async function edgeOf(offramp: Pick<RunningOfframp, 'edge' | 'edgeCa'>): Promise<EdgeToDial> {
  const [, host, port] = /^(.*):(\d+)$/.exec(offramp.edge)!;
  return { address: { host: host!, port: Number(port) }, ca: await readFile(offramp.edgeCa, 'utf8') };
}
