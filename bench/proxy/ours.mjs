// Our proxy with one load balancer, one pool, one origin, straight out. Arguments: port, origin port.
import net from 'node:net';
import pino from 'pino';
import { createHealthBoard } from '../../dist/live/health-board.js';
import { createSnapshotStore } from '../../dist/live/snapshot-store.js';
import { DialError } from '../../dist/offramps/contract.js';
import { createProxy } from '../../dist/proxy/proxy.js';

const [port, originPort] = process.argv.slice(2).map(Number);
const store = createSnapshotStore();
const origin = {
  key: 'origin',
  name: 'origin',
  address: '127.0.0.1',
  ip: '127.0.0.1',
  enabled: true,
  weight: 1,
  port: originPort,
  host: null,
  virtualNetworkId: null,
};
const pool = {
  id: 'pool',
  accountId: 'account',
  name: 'pool',
  enabled: true,
  minimumOrigins: 1,
  monitorId: null,
  originSteering: 'random',
  checkRegions: null,
  origins: [origin],
};
const loadBalancer = {
  id: 'load-balancer',
  accountId: 'account',
  zoneId: 'zone',
  name: 'bench.example.com',
  enabled: true,
  defaultPools: ['pool'],
  fallbackPool: 'pool',
  steeringPolicy: 'off',
  randomSteering: { defaultWeight: 1, poolWeights: {} },
};
store.apply({
  revision: 1,
  complete: true,
  upsert: { pool: [pool], load_balancer: [loadBalancer] },
  remove: {},
});

const direct = {
  select: () => ({ kind: 'direct' }),
  dial(target, targetPort) {
    const socket = net.connect({ host: target.ip, port: targetPort, noDelay: true });
    socket.prependListener('error', (error) => {
      if (socket.connecting) socket.destroy(new DialError('refused', error.message));
    });
    return socket;
  },
};

const proxy = createProxy({
  host: '127.0.0.1',
  port,
  pop: 'LOC',
  store,
  health: createHealthBoard(),
  offramps: direct,
  log: pino({ level: 'error' }),
  originTls: 'full',
});
await proxy.listen();
