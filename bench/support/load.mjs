// Sends requests over keep-alive connections, each the next one when the answer is complete. `runLoad` runs it in a child,
// so that its own CPU is nobody else's.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const TIME_LIMIT_SECONDS = 60;

/** In a request text: eight characters that no other request of this load has, so that none of them repeats another. */
export const UNIQUE = '{unique}';

/**
 * `connections` has one list of request texts for each connection, which goes through it again and again, as fast as it
 * can or with one request every `everyMs`, until `requests` are sent or `forSeconds` are over. Answers `{ seconds, latenciesMs }`;
 * throws when an answer is not 200, or when all that takes longer than `limitSeconds`.
 */
export async function runLoad({ limitSeconds = TIME_LIMIT_SECONDS, ...wanted }) {
  const running = promisify(execFile)(process.execPath, [import.meta.filename], {
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin.end(JSON.stringify({ ...wanted, limitSeconds }));
  return JSON.parse((await running).stdout);
}

if (process.argv[1] === import.meta.filename) {
  const wanted = JSON.parse(await text(process.stdin));
  const { port, requests = null, forSeconds = null, connections, everyMs = 0, limitSeconds } = wanted;
  const latenciesMs = [];
  let left = requests ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  setTimeout(() => fail(`the load took longer than ${limitSeconds} s`), limitSeconds * 1000).unref();
  const sockets = await Promise.all(connections.map(() => connect(port)));
  const began = performance.now();
  const end = forSeconds === null ? Number.POSITIVE_INFINITY : began + forSeconds * 1000;
  await Promise.all(sockets.map((socket, i) => converse(socket, connections[i])));
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(JSON.stringify({ seconds, latenciesMs }), () => process.exit(0));

  async function converse(socket, texts) {
    for (let i = 0; left > 0 && performance.now() < end; i++) {
      left -= 1;
      if (everyMs > 0) await delay(Math.max(0, began + i * everyMs - performance.now()));
      const content = texts[i % texts.length].replace(UNIQUE, String(sent++).padStart(UNIQUE.length, '0'));
      const sentAt = performance.now();
      socket.write(content);
      await response(socket);
      latenciesMs.push(performance.now() - sentAt);
    }
  }
}

async function connect(port) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('the connection was closed'));
  return socket;
}

/** Resolves when a whole answer has come. */
function response(socket) {
  return new Promise((resolve) => {
    let head = '';
    let missing = null;
    socket.on('data', function read(chunk) {
      if (missing === null) {
        head += chunk.latin1Slice();
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.startsWith('HTTP/1.1 200')) fail(`the answer is ${head}`);
        missing = Number(/content-length: *(\d+)/i.exec(head)[1]) - (head.length - end - 4);
      } else missing -= chunk.length;
      if (missing > 0) return;
      socket.off('data', read);
      resolve();
    });
  });
}

function fail(reason) {
  console.error(`load: ${reason}`);
  process.exit(1);
}
