// An edge in a process of its own, with a snapshot of tunnels. It answers each message with what it knows.
import pino from 'pino';
import { createEdge } from '../../dist/edge/edge.js';
import { createSnapshotStore } from '../../dist/live/snapshot-store.js';
import { memory } from './memory.mjs';

process.once('message', async ({ authority, tunnels, port }) => {
  const store = createSnapshotStore();
  store.apply({ revision: 1, complete: true, upsert: { tunnel: tunnels }, remove: {} });
  const edge = createEdge({
    host: '127.0.0.1',
    port,
    certificate: authority.certificate,
    key: authority.key,
    locationName: 'LOC01',
    log: pino({ level: 'error' }),
    store,
  });
  let lastOpenedAt = null;
  edge.onConnection(({ type }) => {
    if (type === 'opened') lastOpenedAt = Date.now();
  });
  const listening = await edge.listen();
  process.send({ port: listening.port, at: Date.now() });
  process.on('message', async (what) => {
    if (what === 'memory') return process.send(await memory());
    const connections = tunnels.reduce((sum, { id }) => sum + edge.connections(id).length, 0);
    process.send({ connections, lastOpenedAt });
  });
});
process.on('disconnect', () => process.exit());
