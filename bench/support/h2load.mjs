// The loads that wrk cannot make: HTTP/2, handshakes without a session that is resumed, and requests at a fixed rate.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { percentile } from './numbers.mjs';
import { temporaryDirectory } from './offramp.mjs';
import { findProgram, onCpu } from './processes.mjs';

const H2LOAD = findProgram('h2load');
const GRACE_MS = 60_000;
/** Why this machine cannot make such a load; null when it can. */
export const whyNoH2load = () => (H2LOAD ? null : 'h2load (nghttp2) is not installed');

/** New connections are opened in groups this often. */
const PERIOD_MS = 50;

/**
 * @typedef {object} Work what each request is, over TLS unless `plain`
 * @property {string} path
 * @property {number} bodyBytes of the response
 * @property {number} connections
 * @property {number} [streams] HTTP/2 with so many requests at once on each connection; otherwise HTTP/1.1
 * @property {number} [handshakes] so many new connections a second, each with one request and a full handshake, in place of `connections`
 * @property {number} [rate] so many requests a second over all connections, not as many as possible
 * @property {boolean} [plain] without TLS
 */

/**
 * Answers what keeps `port` busy for so many seconds and resolves with `{ done, seconds, p50Ms, p99Ms }`; it throws when a response is not 2xx or they
 * are not as long as they must be.
 */
export function openH2load({ port, host, work, cpu = null }) {
  const url = `${work.plain ? 'http' : 'https'}://${host}${work.path}`;
  const log = path.join(temporaryDirectory(), 'requests.log');
  return async (seconds) => {
    const args = [
      '-t1',
      ...amount(work, seconds),
      `--connect-to=127.0.0.1:${port}`,
      `--log-file=${log}`,
      url,
    ];
    const options = { timeout: seconds * 1000 + GRACE_MS, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(...onCpu(cpu, H2LOAD, args), options);
    return resultOf(stdout, { url: `${url} on port ${port}`, bodyBytes: work.bodyBytes, log });
  };
}

function amount({ connections, streams, handshakes, rate }, seconds) {
  const version = streams ? [`-m${streams}`] : ['--h1'];
  if (handshakes) {
    const all = handshakes * seconds;
    const [group, period] = [(handshakes * PERIOD_MS) / 1000, `--rate-period=${PERIOD_MS}ms`];
    return [...version, `-c${all}`, `-n${all}`, `-r${group}`, period];
  }
  // It takes the rate of each connection.
  const perConnection = rate ? [`--rps=${(rate / connections).toFixed(3)}`] : [];
  return [...version, `-c${connections}`, `-D${seconds}`, ...perConnection];
}

function resultOf(text, { url, bodyBytes, log }) {
  const find = (pattern) => pattern.exec(text)?.slice(1).map(Number) ?? [Number.NaN];
  const [seconds] = find(/finished in ([\d.]+)(?=s)/);
  const [succeeded, failed, errored, timedOut] = find(
    /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/,
  );
  const [data] = find(/\((\d+)\) data/);
  if (!(succeeded > 0) || failed + errored + timedOut > 0 || data < succeeded * bodyBytes)
    throw new Error(
      `${url}: ${text
        .split('\n')
        .filter((line) => /^(requests|status|traffic)/.test(line))
        .join('; ')}`,
    );
  const times = timesOf(readFileSync(log, 'latin1'), url);
  return { done: succeeded, seconds, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

/** Lines of the log: when it began, status, and how many microseconds it took. */
function timesOf(log, url) {
  return log
    .trim()
    .split('\n')
    .map((line) => {
      const [, status, microseconds] = line.split('\t').map(Number);
      if (status !== 200) throw new Error(`${url} is answered with ${status}`);
      return microseconds / 1000;
    });
}
