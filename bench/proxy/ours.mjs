// Our proxy, straight to the origin. Arguments: port, origin port.
import { createDirectDialer } from '../../dist/offramps/direct.js';
import { createOffRamps } from '../../dist/offramps/select.js';
import { benchStore, startBenchProxy } from './bench-proxy.mjs';

const [port, originPort] = process.argv.slice(2).map(Number);
const store = benchStore(originPort);
const noTunnels = { connected: () => false, onAvailability: () => undefined };
await startBenchProxy(
  port,
  store,
  createOffRamps({ store, tunnels: noTunnels, direct: createDirectDialer() }),
);
