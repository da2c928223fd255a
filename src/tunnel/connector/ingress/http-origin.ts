import { readFile } from 'node:fs/promises';
import type { ClientRequest } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import tls, { TLSSocket } from 'node:tls';
import { HEADER_BYTES } from '../../../domain/http-fields.js';
import { realTime } from '../../../net/clock.js';
import type { Service } from './configuration.js';
import { ConfigurationError, type OriginRequestSettings, shown, timerMs } from './origin-request.js';

/** A service that speaks HTTP, and the connections to it. */
export interface HttpOrigin {
  readonly request: typeof http.request;
  /** For every request: where it goes, and how connections are made. */
  readonly options: http.RequestOptions & tls.ConnectionOptions;
  readonly settings: OriginRequestSettings;
  /** Idle connections are closed now, the others as soon as they are idle. */
  retire(): void;
}

type HttpService = Extract<Service, { kind: 'http' | 'unix' }>;

/**
 * Bytes of an answer's headers. They travel to the edge in one field, a third longer. More than the edge passes on, which
 * tells clients its limit.
 */
const MAX_HEADER_BYTES = HEADER_BYTES * 2.5;
/** As Go has it when no number is given. */
const FEW_IDLE_CONNECTIONS = 2;

/** Rejects with a ConfigurationError when the file of authorities cannot be used. */
export async function openHttpOrigin(
  service: HttpService,
  settings: OriginRequestSettings,
): Promise<HttpOrigin> {
  const agent = createAgent(service.tls, settings);
  return {
    request: service.tls ? https.request : http.request,
    settings,
    options: {
      ...(service.kind === 'unix'
        ? { socketPath: service.path }
        : { host: service.host, port: service.port }),
      agent,
      maxHeaderSize: MAX_HEADER_BYTES,
      ...(settings.noHappyEyeballs && { autoSelectFamily: false }),
      ...(service.tls && (await tlsOptions(service, settings))),
    },
    retire: () => retire(agent),
  };
}

function createAgent(secure: boolean, settings: OriginRequestSettings): http.Agent {
  const options: http.AgentOptions = {
    keepAlive: true,
    keepAliveInitialDelay: timerMs(settings.tcpKeepAlive),
    maxFreeSockets: settings.keepAliveConnections || FEW_IDLE_CONNECTIONS,
    scheduling: 'lifo',
    // Node's agent ends an idle connection after this, and leaves the others alone.
    ...(settings.keepAliveTimeout > 0 && { timeout: timerMs(settings.keepAliveTimeout) }),
  } as http.AgentOptions;
  const agent = secure ? new https.Agent(options) : new http.Agent(options);
  return withFewIdle(agent);
}

/** Node counts idle connections for each server name, and with `matchSNItoHost` visitors choose that. */
function withFewIdle<T extends http.Agent>(agent: T): T {
  const isFull = () => {
    let idle = 0;
    for (const sockets of Object.values(agent.freeSockets)) idle += sockets?.length ?? 0;
    return idle >= agent.maxFreeSockets;
  };
  const keep = agent.keepSocketAlive;
  agent.keepSocketAlive = (socket) => !isFull() && keep.call(agent, socket);
  return agent;
}

async function tlsOptions(
  service: HttpService,
  settings: OriginRequestSettings,
): Promise<tls.ConnectionOptions> {
  const host = service.kind === 'http' ? service.host : 'localhost';
  // An address is no server name; the certificate must then be for the address.
  const servername = settings.originServerName || (isIP(host) ? '' : host);
  return {
    servername,
    rejectUnauthorized: !settings.noTLSVerify,
    ...(settings.caPool !== '' && { ca: [...tls.rootCertificates, await readPool(settings.caPool)] }),
  };
}

async function readPool(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ConfigurationError('originRequest.caPool', `${shown(file)} cannot be read: ${error.message}`);
  });
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new ConfigurationError('originRequest.caPool', `${shown(file)} has no certificate in PEM`);
}

function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0;
  // `agent.destroy` would take those in use, too.
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

/** Ends a request whose connection takes longer than the settings allow, in TCP or in TLS. A kept connection takes none. */
export function limitDial(
  request: ClientRequest,
  { connectTimeout, tlsTimeout }: OriginRequestSettings,
): void {
  request.once('socket', (socket: Socket) => {
    if (!socket.connecting) return;
    let stop = within(request, connectTimeout, 'the service did not accept the connection');
    const done = () => stop();
    socket.once('connect', () => {
      stop();
      if (!(socket instanceof TLSSocket)) return;
      stop = within(request, tlsTimeout, 'the service did not complete the TLS handshake');
      socket.once('secureConnect', done);
    });
    socket.once('close', done);
    request.once('close', done);
  });
}

function within(request: ClientRequest, seconds: number, what: string): () => void {
  if (seconds === 0) return () => {};
  const expire = () => request.destroy(new Error(`${what} within ${seconds} s`));
  return realTime.after(timerMs(seconds), expire, { keepsAlive: true });
}
