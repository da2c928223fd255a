import { StartFailure } from '../config/start-failure.js';

/** What a person can do about the failures that a start really meets; anything else keeps its stack. */
export function explainStartFailure(error: Error): string {
  if (error instanceof StartFailure) return error.message;
  const inUse = /EADDRINUSE.*?([\d.]+|[\da-f:]+):(\d+)/.exec(error.message);
  if (inUse) {
    return `${inUse[1]}:${inUse[2]} is in use by another program; choose other ports with --port, --edge-port, --http-port, --https-port, --dns-port (0 takes a free one)`;
  }
  if (/EACCES.*:\d+/.test(error.message)) return `${error.message}; ports below 1024 need privileges`;
  if (
    /ECONNREFUSED|ENOTFOUND|password authentication|does not exist/.test(
      `${error.message}${String(error.cause ?? '')}`,
    )
  ) {
    return `the database cannot be used: ${error.message || String((error as AggregateError).errors?.[0] ?? error)}`;
  }
  if (
    /is in use by another running Offramp|was passed as descriptor|connection pooler|migration|newer Offramp/.test(
      error.message,
    )
  )
    return error.message;
  return error.stack ?? String(error);
}
