import { closeWhenAnswered, type EdgeStream } from './edge-stream.js';
import { collectBody } from './ingress/request-body.js';
import type { Orchestrator } from './orchestrator.js';
import { refuse } from './refusal.js';

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_VERSION = 2_147_483_647;

/** Serves a stream on which the edge sends a configuration: `{"version":1,"config":{…}}`. */
export async function serveConfiguration(stream: EdgeStream, orchestrator: Orchestrator): Promise<void> {
  const body = await collectBody(stream, MAX_BYTES);
  if (body === null) return refuse(stream, 413, `a configuration has at most ${MAX_BYTES} bytes`);
  const update = decodeUpdate(body.toString('utf8'));
  if (!update) return refuse(stream, 502, 'a configuration comes as {"version": number, "config": object}');
  const answer = await orchestrator.update(update.version, update.config);
  if (stream.destroyed) return;
  closeWhenAnswered(stream);
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(JSON.stringify(answer));
}

/** Null for what is not an update at all. */
export function decodeUpdate(body: string): { readonly version: number; readonly config: unknown } | null {
  try {
    const { version, config } = JSON.parse(body);
    if (!Number.isInteger(version) || Math.abs(version) > MAX_VERSION || config === undefined) return null;
    return { version, config };
  } catch {
    return null;
  }
}
