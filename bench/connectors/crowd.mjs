// Connectors of ours, many of them in one process, or transports that never say a word. Answers each message.
import { once } from 'node:events';
import net from 'node:net';
import pino from 'pino';
import { startConnector } from '../../dist/connector/connector.js';
import { memory } from './memory.mjs';

let lastDialAt = null;
const { connect } = net.Socket.prototype;
// Each dial of each connector, whatever it does in between.
net.Socket.prototype.connect = function (...args) {
  lastDialAt = Date.now();
  return connect.apply(this, args);
};

const HANDLERS = {
  memory,
  dialled: () => ({ lastDialAt }),
  connect({ tokens, edge, ca, connections }) {
    const log = pino({ level: 'silent' });
    const connectors = tokens.map((token) => startConnector({ token, edge: [edge], ca, connections, log }));
    for (const { ready } of connectors) ready.catch(() => undefined);
    return {};
  },
  /** Answers how many of them are still open when all have been dialled. */
  async halfOpen({ port, count }) {
    const sockets = [];
    for (let i = 0; i < count; i++) {
      const socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
      sockets.push(socket);
      if (i % 200 === 199) await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { open: sockets.filter(({ readyState }) => readyState === 'open').length };
  },
};

process.on('message', async ({ ask, ...values }) => process.send(await HANDLERS[ask](values)));
process.on('disconnect', () => process.exit());
