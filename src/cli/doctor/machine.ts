import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { access, constants, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { StartConfig } from '../../config/start-config.js';
import { hostPort } from '../../net/addresses.js';
import { descriptorLimit } from '../../net/process-watch.js';
import { doubtful, type Finding, good, wrong } from './finding.js';

/** Ten thousand clients take as many, and their origins as many again. */
const USUAL_DESCRIPTORS = 20_000;
const LEAST_DESCRIPTORS = 1_024;
/** Bytes: a new embedded database takes about a third of it. */
const ROOM = 200 * 1024 * 1024;

export function lookAtDescriptors(limit = descriptorLimit()): Finding {
  const subject = 'open files';
  if (limit === null) return good(subject, 'no limit is known');
  const text = `at most ${limit} at once`;
  if (limit >= USUAL_DESCRIPTORS) return good(subject, text);
  const advice = `${text}; thousands of clients take more: ulimit -n ${USUAL_DESCRIPTORS}, or LimitNOFILE= of a systemd service`;
  return limit < LEAST_DESCRIPTORS ? doubtful(subject, advice) : good(subject, advice);
}

/** Whether every address that a start listens at can be had. */
export async function lookAtPorts(config: StartConfig): Promise<Finding[]> {
  const streams = [
    ['API', config.api],
    ...(config.metrics ? ([['metrics', config.metrics]] as const) : []),
    ...(config.standIn ? ([['stand-in', config.standIn]] as const) : []),
    ['edge', config.edge],
    ['HTTP', config.http],
    ['HTTPS', config.https],
    ['DNS over TCP', config.dns],
    ...config.tcp.ports.map(({ port, name }) => [`TCP of ${name}`, { host: config.tcp.host, port }] as const),
  ] as const;
  const looks = streams.map(async ([name, { host, port }]) =>
    ofAddress(name, host, port, await tryToListen(host, port)),
  );
  const { host, port } = config.dns;
  const dns = ofAddress('DNS over UDP', host, port, await tryToBind(host, port));
  return [...(await Promise.all(looks)), dns];
}

function ofAddress(name: string, host: string, port: number, code: string | null): Finding {
  const where = port === 0 ? `a free port of ${host}` : hostPort(host, port);
  if (code === null) return good(name, port === 0 ? `${where} can be had` : `${where} is free`);
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'is taken by another program; give another port, or end that one',
    EACCES: 'takes privileges: a port of 1024 or more does not, nor does a socket that systemd passes',
    EADDRNOTAVAIL: 'is no address of this machine',
  };
  return wrong(name, `${where} ${why[code] ?? `cannot be had (${code})`}`);
}

function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

function tryToBind(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
    socket.bind({ address: host, port }, () => socket.close(() => resolve(null)));
  });
}

/** Whether the data directory, or where it would be made, can be written to and has room. */
export async function lookAtDataDir(directory: string): Promise<Finding> {
  const subject = 'data directory';
  const there = await nearest(directory);
  const isThere = there === directory;
  const canWrite = await access(there, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!canWrite) return wrong(subject, `${there} cannot be written to by this user; name another --data-dir`);
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  const place = isThere ? directory : `${directory} will be made`;
  if (free < ROOM)
    return wrong(subject, `${place}: ${free} bytes are free, and a new database takes up to ${ROOM}`);
  return good(subject, place);
}

async function nearest(directory: string): Promise<string> {
  const isThere = await access(directory).then(
    () => true,
    () => false,
  );
  const above = path.dirname(directory);
  return isThere || above === directory ? directory : await nearest(above);
}

/** Nobody needs it who has no tunnels, or uses the connector of this program. */
export async function lookAtCloudflared(): Promise<Finding> {
  const subject = 'cloudflared';
  try {
    const { stdout } = await promisify(execFile)('cloudflared', ['--version'], { timeout: 5_000 });
    return good(subject, stdout.trim().split('\n')[0]!);
  } catch {
    return good(subject, 'is not on the path; "offramp connector" does its work');
  }
}
