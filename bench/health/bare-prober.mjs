// The least that a health check can be in Node: connect, GET, read to the end, close. Arguments: port, origins, checks a second. Messages start and stop it.
import net from 'node:net';
import { addressOf } from './addresses.mjs';

const [port, origins, perSecond] = process.argv.slice(2).map(Number);
const TICK_MS = 5;
let timer;
let began = 0;
let sent = 0;

function check(host) {
  const socket = net.connect({ port, host });
  let answer = '';
  socket.on('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  socket.on('data', (chunk) => {
    answer += chunk.latin1Slice();
  });
  socket.on('end', () => {
    if (!answer.startsWith('HTTP/1.1 200 ')) fail(`${host} answers ${answer}`);
  });
  socket.on('error', (error) => fail(`${host}: ${error.message}`));
}

function fail(reason) {
  console.error(`bare prober: ${reason}`);
  process.exit(1);
}

process.on('message', (message) => {
  clearInterval(timer);
  if (message !== 'start') return;
  began = performance.now();
  sent = 0;
  timer = setInterval(() => {
    const due = ((performance.now() - began) * perSecond) / 1000;
    for (; sent < due; sent++) check(addressOf(sent % origins));
  }, TICK_MS);
});
process.on('disconnect', () => process.exit());
