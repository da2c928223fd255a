import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { createDnsServer, type DnsOptions } from '../../src/dns/server.js';
import { realTime } from '../../src/net/clock.js';
import { createLocations, NOWHERE, type Place, parseLocations } from '../../src/net/locations.js';
import { createHostIndex } from '../../src/proxy/hosts.js';
import { createHealthBoard, type HealthBoard, UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import type { LiveObjects } from '../../src/state/snapshot.js';
import { createSnapshotStore, type SnapshotStore } from '../../src/state/snapshot-store.js';
import { type Answered, type AskedQuestion, question, read } from './message.js';

type Upsert = { readonly [N in keyof LiveObjects]?: readonly LiveObjects[N][] };

export interface DnsRig {
  readonly host: string;
  readonly port: number;
  readonly store: SnapshotStore;
  readonly health: HealthBoard;
  /** Host names that were looked up, in order. */
  readonly resolved: readonly string[];
  /** What was logged with level warn or above. */
  warnings(): readonly Record<string, unknown>[];
  apply(upsert: Upsert): void;
  /** Over UDP. */
  ask(asked: AskedQuestion): Promise<Answered>;
  /** Over UDP: the bytes of the answer with the same id. */
  send(message: Buffer): Promise<Buffer>;
  /** Sends bytes that may get no answer, and a question behind them that does; all answers up to that one. */
  sendDoubtful(message: Buffer): Promise<readonly Buffer[]>;
}

/** The id of the question behind doubtful bytes. */
export const LAST_ID = 0xffff;

export interface DnsRigOptions extends Partial<Pick<DnsOptions, 'random' | 'real' | 'host'>> {
  readonly upsert?: Upsert;
  /** Addresses by host name; a name without is unknown. */
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  readonly resolve?: DnsOptions['resolve'];
  readonly home?: Partial<Place>;
  /** Lines of a locations file. */
  readonly locations?: string;
  readonly proxyAddresses?: readonly string[];
  readonly nameServers?: readonly string[];
  readonly nameServerAddresses?: readonly string[];
}

/** A name server on a free port, closed at the end of the test. */
export async function startDnsRig(options: DnsRigOptions = {}): Promise<DnsRig> {
  const store = createSnapshotStore();
  const health = createHealthBoard();
  const resolved: string[] = [];
  const logged: Record<string, unknown>[] = [];
  let revision = 0;
  const apply: DnsRig['apply'] = (upsert) => {
    revision += 1;
    store.apply({ revision, complete: false, upsert, remove: {} });
  };
  if (options.upsert) apply(options.upsert);
  const server = createDnsServer({
    host: options.host ?? '127.0.0.1',
    port: 0,
    store,
    hosts: createHostIndex(store),
    health,
    home: { ...NOWHERE, ...options.home },
    locations: createLocations(parseLocations(options.locations ?? '')),
    resolve: async (name) => {
      resolved.push(name);
      if (options.resolve) return await options.resolve(name);
      const addresses = options.addresses?.[name];
      if (!addresses) throw Object.assign(new Error(`no such name: ${name}`), { code: 'ENOTFOUND' });
      return addresses.map((address) => ({ address }));
    },
    proxyAddresses: options.proxyAddresses ?? ['127.0.0.1', '::1'],
    nameServers: options.nameServers ?? ['ns1', 'ns'],
    nameServerAddresses: options.nameServerAddresses ?? ['127.0.0.1', '::1'],
    clock: realTime,
    real: options.real ?? realTime,
    random: options.random ?? Math.random,
    log: pino({ level: 'warn' }, { write: (line) => void logged.push(JSON.parse(line)) }),
  });
  const { host, port } = await server.listen();
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  onTestFinished(async () => {
    socket.close();
    await server.drain(0);
  });
  function send(message: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      socket.on('message', function take(answer: Buffer) {
        if (answer.readUInt16BE(0) !== message.readUInt16BE(0)) return;
        socket.off('message', take);
        resolve(answer);
      });
      socket.send(message, port, host);
    });
  }
  async function sendDoubtful(message: Buffer): Promise<readonly Buffer[]> {
    const answers: Buffer[] = [];
    return await new Promise((resolve) => {
      socket.on('message', function collect(answer: Buffer) {
        answers.push(answer);
        if (answer.readUInt16BE(0) !== LAST_ID) return;
        socket.off('message', collect);
        resolve(answers);
      });
      socket.send(message, port, host);
      socket.send(question({ name: 'last.example.com', id: LAST_ID }), port, host);
    });
  }
  const ask: DnsRig['ask'] = async (asked) => read(await send(question(asked)));
  return { host, port, store, health, resolved, warnings: () => logged, apply, send, sendDoubtful, ask };
}

export function setHealth(rig: DnsRig, poolId: string, originKey: string, state: 'healthy' | 'unhealthy') {
  rig.health.set(poolId, originKey, { ...UNKNOWN_HEALTH, state });
}

/** What a TCP connection answers to these bytes, until it ends. */
export async function overTcp(rig: DnsRig, bytes: Buffer, end = true): Promise<Buffer> {
  const socket = net.connect({ host: rig.host, port: rig.port, allowHalfOpen: true });
  socket.on('error', () => {});
  if (end) socket.end(bytes);
  else socket.write(bytes);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => socket.destroy());
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}
