import { parentPort } from 'node:worker_threads';
import type { FromDataPlane, ToDataPlane } from './live/messages.js';
import { createSnapshotStore } from './live/snapshot-store.js';

const port = parentPort!;
const post = (message: FromDataPlane) => port.postMessage(message);
const store = createSnapshotStore();

port.on('message', (message: ToDataPlane) => {
  switch (message.type) {
    case 'configure':
      store.apply(message.delta);
      return post({ type: 'applied', revision: message.delta.revision });
    case 'ask':
      return post({ type: 'refused', id: message.id, reason: 'not there yet' });
    case 'drain':
      return port.close();
  }
});
post({ type: 'listening', edge: { host: '127.0.0.1', port: 0 }, http: { host: '127.0.0.1', port: 0 } });
