// Visitors who give up, dribble, smuggle and flood. What they get does not matter, as long as nobody else notices.
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { FAULTS } from '../origins.mjs';
import { newToken } from '../payload.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const FAULT_NAMES = Object.keys(FAULTS);

/** Sends `bytes`, waits for an end or `patienceMs`, and leaves. Answers what came. */
function exchange(address, bytes, patienceMs) {
  return new Promise((resolve) => {
    let received = '';
    const socket = net.connect(address, () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk) => {
      if (received.length < 10_000) received += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
}

/** Asks for more than it waits for, or sends half of what it says. */
export function quitters(lab, note) {
  return async () => {
    const host = lab.host('good');
    const head =
      Math.random() < 0.5
        ? `GET /?token=${newToken()}&blocks=400000 HTTP/1.1\r\nHost: ${host}\r\n\r\n`
        : `POST /echo HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\nhalf`;
    await exchange(lab.address('http'), head, Math.random() * 100);
    note('gone');
  };
}

export function slowloris(lab, note) {
  return async () => {
    const socket = net.connect(lab.address('http'));
    socket.on('error', () => {});
    socket.resume();
    socket.write(`GET / HTTP/1.1\r\nHost: ${lab.host('good')}\r\n`);
    for (let i = 0; i < 20 && !socket.destroyed; i++) {
      await sleep(700);
      socket.write(`X-${i}: 1\r\n`);
    }
    note(socket.destroyed || socket.readyState === 'closed' ? 'sent away' : 'still there');
    socket.destroy();
  };
}

const SMUGGLED = [
  'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n',
  'Content-Length: 3\r\nContent-Length: 30\r\n\r\nabcGET /smuggled HTTP/1.1\r\n\r\n',
  'X-A: 1\nTransfer-Encoding: chunked\r\n\r\n',
  `X-A: ${'z'.repeat(40_000)}\r\n\r\n`,
];

export function smugglers(lab, note) {
  return async () => {
    const tail = SMUGGLED[Math.floor(Math.random() * SMUGGLED.length)];
    const received = await exchange(
      lab.address('http'),
      `POST /echo HTTP/1.1\r\nHost: ${lab.host('good')}\r\n${tail}`,
      3_000,
    );
    if (/^HTTP\/1\.1 2/.test(received)) throw new Error(`let through: ${JSON.stringify(tail)}`);
    note('refused');
  };
}

/** Asks origins that go wrong, each in its own way. */
export function unlucky(lab, note) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  return async () => {
    const fault = FAULT_NAMES[Math.floor(Math.random() * FAULT_NAMES.length)];
    const outcome = await new Promise((resolve) => {
      const request = http.request(
        {
          ...lab.address('http'),
          agent,
          method: fault === 'early' ? 'POST' : 'GET',
          path: '/',
          headers: { host: lab.host(fault) },
        },
        (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () =>
            resolve(`${response.statusCode}${body.includes('poison') ? ' poisoned' : ''}`),
          );
          response.on('error', () => resolve('broken'));
        },
      );
      request.setTimeout(2_000, () => request.destroy());
      request.on('error', () => resolve('broken'));
      request.end(fault === 'early' ? Buffer.alloc(300_000) : undefined);
    });
    if (outcome.includes('poisoned'))
      throw new Error(`${fault}: an answer to nobody's request was delivered`);
    note(`${fault} ${outcome}`);
  };
}

/** Opens streams and resets them at once, hundreds of them. */
export function rapidReset(lab, note) {
  return async () => {
    const { host, port } = lab.address('https');
    const session = http2.connect(`https://${host}:${port}`, {
      rejectUnauthorized: false,
      servername: lab.host('good'),
    });
    session.on('error', () => {});
    const ended = new Promise((resolve) => session.once('close', resolve));
    for (let i = 0; i < 1_000 && !session.destroyed && !session.closed; i++) {
      const stream = session.request({
        ':path': `/?token=${newToken()}&blocks=10`,
        ':authority': lab.host('good'),
      });
      stream.on('error', () => {});
      stream.close(http2.constants.NGHTTP2_CANCEL);
      if (i % 50 === 0) await sleep(1);
    }
    const outcome = await Promise.race([
      ended.then(() => 'sent away'),
      sleep(2_000).then(() => 'still there'),
    ]);
    session.destroy();
    note(outcome);
  };
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const frame = (type, flags, stream, body) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
};

/** Thousands of SETTINGS and PING frames on one connection. */
export function frameFlood(lab, note) {
  return async () => {
    const { host, port } = lab.address('https');
    const socket = tls.connect({
      host,
      port,
      rejectUnauthorized: false,
      servername: lab.host('good'),
      ALPNProtocols: ['h2'],
    });
    socket.on('error', () => {});
    socket.resume();
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write(Buffer.concat([PREFACE, frame(4, 0, 0, Buffer.alloc(0))]));
    const flood = Buffer.concat(
      Array.from({ length: 500 }, (_, i) =>
        i % 2 ? frame(4, 0, 0, Buffer.alloc(0)) : frame(6, 0, 0, Buffer.alloc(8)),
      ),
    );
    for (let i = 0; i < 20 && !socket.destroyed; i++) {
      socket.write(flood);
      await sleep(5);
    }
    const outcome = await Promise.race([
      ended.then(() => 'sent away'),
      sleep(2_000).then(() => 'still there'),
    ]);
    socket.destroy();
    note(outcome);
  };
}

/** Echoes over WebSocket's connection, half the time broken off in the middle. */
export function upgraders(lab, note) {
  return () =>
    new Promise((resolve, reject) => {
      const token = newToken();
      const socket = net.connect(lab.address('http'));
      let received = '';
      socket.on('error', () => {});
      socket.setTimeout(5_000, () => socket.destroy());
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: ${lab.host('good')}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
      socket.on('data', (chunk) => {
        const before = received.includes('\r\n\r\n');
        received += chunk.toString('latin1');
        if (!before && received.includes('\r\n\r\n')) socket.write(token.repeat(100));
        if (received.endsWith(token.repeat(100)) || Math.random() < 0.05) socket.destroy();
      });
      socket.on('close', () => {
        const echoed = received.slice(received.indexOf('\r\n\r\n') + 4);
        if (received.startsWith('HTTP/1.1 101') && !token.repeat(100).startsWith(echoed))
          reject(new Error(`an echo of somebody else: ${JSON.stringify(echoed.slice(0, 60))}`));
        else {
          note(received.slice(9, 12) || 'nothing');
          resolve();
        }
      });
    });
}
