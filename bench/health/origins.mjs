// Origins in a process of their own: they answer every health check, and count when the checks begin. Arguments: addresses to listen on, with commas. Prints
// the port, which is the same on all of them.
//
// A line on stdin that is `count` starts counting, `report` answers with the number of connections in each 100 ms since then, as JSON.
import { createServer } from 'node:net';
import readline from 'node:readline';

const BUCKET_MS = 100;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const [firstAddress, ...others] = process.argv[2].split(',');

let began = performance.now();
let buckets = [];

function serve(socket) {
  const bucket = Math.floor((performance.now() - began) / BUCKET_MS);
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  socket.on('error', () => {});
  socket.on('data', () => socket.end(ANSWER));
}

const listen = (port, address) =>
  new Promise((resolve) => {
    const server = createServer({ noDelay: true }, serve).listen(port, address, 4096, () => resolve(server));
  });
const { port } = (await listen(0, firstAddress)).address();
for (const address of others) await listen(port, address);
console.log(port);

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'count') {
    began = performance.now();
    buckets = [];
  } else console.log(JSON.stringify(Array.from(buckets, (one) => one ?? 0)));
});
