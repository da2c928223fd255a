// Clients that use load balancers all the while, and count what becomes of each request and connection.
import http from 'node:http';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** No answer within this is a failure. */
const PATIENCE_MS = 60_000;

/**
 * So many clients that send GET requests over connections that they keep, `everyMs` apart. `stop` lets what is under way end and
 * resolves with `{ sent, answered, failed: { code: count }, moved, slowestMs }`: `moved` are answers of another origin than the
 * one before to the same client.
 */
export function startGets({ target, host, clients, everyMs }) {
  const tally = { sent: 0, answered: 0, failed: {}, moved: 0, slowestMs: 0 };
  let stopping = false;

  async function runClient() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let before = null;
    while (!stopping) {
      tally.sent += 1;
      const began = performance.now();
      const { by, code } = await get(target(), host, agent);
      tally.slowestMs = Math.max(tally.slowestMs, Math.round(performance.now() - began));
      if (by === null) tally.failed[code] = (tally.failed[code] ?? 0) + 1;
      else {
        tally.answered += 1;
        if (before !== null && before !== by) tally.moved += 1;
        before = by;
      }
      await delay(everyMs);
    }
    agent.destroy();
  }

  const running = Promise.all(Array.from({ length: clients }, runClient));
  return {
    tally,
    async stop() {
      stopping = true;
      await running;
      return tally;
    },
  };
}

/** One GET. As every client does, it is sent again when the server has closed a kept connection meanwhile. */
function get({ host: address, port }, host, agent, isSecond = false) {
  return new Promise((resolve) => {
    const request = http.get({ host: address, port, agent, headers: { host }, timeout: PATIENCE_MS });
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('no answer'), { code: 'no answer' })),
    );
    request.on('error', (error) => {
      if (error.code === 'ECONNRESET' && request.reusedSocket && !isSecond)
        resolve(get({ host: address, port }, host, agent, true));
      else resolve({ by: null, code: error.code ?? error.message });
    });
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('error', (error) => resolve({ by: null, code: error.code ?? error.message }));
      response.on('end', () =>
        resolve(
          response.statusCode === 200
            ? { by: body, code: 200 }
            : { by: null, code: /error code: (\d+)/.exec(body)?.[1] ?? response.statusCode },
        ),
      );
    });
  });
}

/** A TCP connection every `everyMs`, which sends so many bytes and wants them back. The tally is `{ tried, served, failed: { code: count } }`. */
export function startConnects({ target, everyMs, bytes }) {
  const tally = { tried: 0, served: 0, failed: {} };
  const open = new Set();
  const timer = setInterval(() => {
    tally.tried += 1;
    const one = connectOnce(target(), bytes).then((code) => {
      if (code === null) tally.served += 1;
      else tally.failed[code] = (tally.failed[code] ?? 0) + 1;
      open.delete(one);
    });
    open.add(one);
  }, everyMs);
  return {
    tally,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return tally;
    },
  };
}

/** Null when all bytes came back, else why not. */
function connectOnce({ host, port }, bytes) {
  return new Promise((resolve) => {
    let missing = bytes;
    const socket = net.connect(port, host, () => socket.write(Buffer.alloc(bytes)));
    socket.setTimeout(PATIENCE_MS, () => settle('no answer'));
    socket.on('error', (error) => settle(error.code));
    socket.on('close', () => settle('closed'));
    socket.on('data', (chunk) => {
      missing -= chunk.length;
      if (missing <= 0) settle(null);
    });
    function settle(code) {
      socket.destroy();
      resolve(code);
    }
  });
}
