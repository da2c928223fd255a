// The load of HTTP/1.1 for everything that passes requests on: wrk where it is installed, otherwise bench/proxy/load.mjs.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram, onCpu } from './processes.mjs';

const WRK = findProgram('wrk');
const REPORT = path.join(import.meta.dirname, 'wrk-report.lua');
const NODE_LOAD = path.resolve(import.meta.dirname, '../proxy/load.mjs');
/** Beyond the time that was asked for: connections of TLS are made first, and the last responses waited for. */
const GRACE_MS = 60_000;

export const LOAD_NAME = WRK ? 'wrk' : 'bench/proxy/load.mjs (wrk is not installed)';

/**
 * @typedef {object} Work what each request is
 * @property {string} path
 * @property {number} bodyBytes of the response
 * @property {number} connections
 * @property {boolean} [tls]
 * @property {boolean} [newConnections] each request on a connection of its own
 * @property {number} [postBytes] a POST with such a body
 */

/** Why this machine cannot make such a load; null when it can. */
export function whyNoLoad({ tls, newConnections, postBytes }) {
  return WRK || !(tls || newConnections || postBytes) ? null : 'wrk is not installed';
}

/**
 * Looks at one response, and resolves with what keeps `port` busy for so many seconds and resolves with `{ done, seconds, p50Ms, p99Ms }`, where `done`
 * has parts of responses too. Both throw when a response is not 200 or not of the right length.
 */
export async function openLoad({ port, host, work, cpu = null }) {
  const url = `${work.tls ? 'https' : 'http'}://127.0.0.1:${port}${work.path}`;
  const responseBytes = await lengthOfResponse({ port, host, work });
  return async (seconds) => {
    const command = WRK ? wrk(url, host, work, seconds) : nodeLoad(port, work, seconds);
    const options = { timeout: seconds * 1000 + GRACE_MS };
    const { stdout } = await promisify(execFile)(...onCpu(cpu, ...command), options);
    const { done, failed, bytes, ...times } = JSON.parse(stdout.trim().split('\n').at(-1));
    if (failed > 0 || done === 0)
      throw new Error(`${url}: ${failed} requests failed, ${done} were answered with 200`);
    if (bytes === undefined) return { done, ...times };
    // Those that were under way at the end are in `bytes` alone.
    const more = bytes - done * responseBytes;
    if (more < 0 || more > work.connections * responseBytes)
      throw new Error(`${url}: ${done} responses of ${responseBytes} bytes came as ${bytes} bytes`);
    return { done: bytes / responseBytes, ...times };
  };
}

function wrk(url, host, { connections, newConnections, postBytes }, seconds) {
  const headers = [`Host: ${host}`, ...(newConnections ? ['Connection: close'] : [])];
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '-s', REPORT];
  args.push(...headers.flatMap((header) => ['-H', header]), url);
  return [WRK, postBytes ? [...args, '--', String(postBytes)] : args];
}

/** It takes a number of requests, so many as a second usually has. */
function nodeLoad(port, { connections, bodyBytes }, seconds) {
  const requests = Math.ceil(seconds * Math.min(4_000, 200_000_000 / (bodyBytes + 1)));
  return [process.execPath, [NODE_LOAD, port, requests, connections, bodyBytes].map(String)];
}

/** Asks once, and throws unless the response is 200 with a body of the right length; resolves with the bytes of head and body. */
async function lengthOfResponse({ port, host, work }) {
  const { tls, path: target, bodyBytes, newConnections, postBytes } = work;
  const headers = { host, ...(postBytes ? { 'content-length': postBytes } : {}) };
  const agent = new (tls ? https : http).Agent({ keepAlive: !newConnections });
  const request = (tls ? https : http).request({
    ...{ hostname: '127.0.0.1', port, path: target, method: postBytes ? 'POST' : 'GET', headers, agent },
    rejectUnauthorized: false,
  });
  request.end(postBytes ? Buffer.alloc(postBytes, 'x') : undefined);
  const [response] = await once(request, 'response');
  let length = 0;
  for await (const chunk of response) length += chunk.length;
  agent.destroy();
  if (response.statusCode !== 200 || length !== bodyBytes)
    throw new Error(`${target} on port ${port}: ${response.statusCode} with ${length} of ${bodyBytes} bytes`);
  // `: ` and a line's end behind each name and value.
  const fields = response.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
  return `HTTP/1.1 200 ${response.statusMessage}\r\n`.length + fields + 2 + length;
}
