// Connectors of ours, many of them in one process, or transports that never say a word. Answers each message.
import { once } from 'node:events';
import net from 'node:net';
import { startConnector } from '../../dist/index.js';

const LOOK_EVERY_MS = 20;
let connectors = [];
let lastDialAt = null;
const { connect } = net.Socket.prototype;
// Each dial of each connector, whatever it does in between.
net.Socket.prototype.connect = function (...args) {
  lastDialAt = Date.now();
  return connect.apply(this, args);
};

const registered = () =>
  connectors.reduce(
    (sum, { connections }) => sum + connections.filter(({ state }) => state === 'registered').length,
    0,
  );

const HANDLERS = {
  connect({ tokens, edge, caFile, connections }) {
    connectors = tokens.map((token) => startConnector({ token, edge: [edge], caFile, connections }));
    for (const { ready } of connectors) ready.catch(() => undefined);
    return {};
  },
  /** Answers when no more than so many connections are registered. */
  async lost({ count, limitMs }) {
    return await look(() => registered() <= count, limitMs);
  },
  /** Answers when so many connections are registered, with the moments of that and of the last dial before. */
  async registered({ count, limitMs }) {
    return await look(() => registered() >= count, limitMs);
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

async function look(condition, limitMs) {
  const deadline = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > deadline) return { missing: `${registered()} connections are registered` };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return { at: Date.now(), lastDialAt };
}

process.on('message', async ({ ask, ...values }) => process.send(await HANDLERS[ask](values)));
process.on('disconnect', () => process.exit());
