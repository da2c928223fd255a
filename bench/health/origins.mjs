// Origins in a process of their own: they answer every health check, and count when the checks begin.
//
// Listens on one port of the loopback addresses 127.0.0.1 to 127.0.0.<count>. A line on stdin that is `count` starts counting,
// `report` answers with the number of connections in each 100 ms since then, as JSON.
import { createServer } from 'node:net';
import readline from 'node:readline';

const BUCKET_MS = 100;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const count = Number(process.argv[2]);

let began = performance.now();
let buckets = [];

function serve(socket) {
  const bucket = Math.floor((performance.now() - began) / BUCKET_MS);
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    // Probes say that they close; the traffic of the measurement keeps its connections.
    if (chunk.includes('Connection: close')) socket.end(ANSWER);
    else socket.write(ANSWER);
  });
}

const first = createServer(serve);
await new Promise((resolve) => first.listen(0, '127.0.0.1', resolve));
const { port } = first.address();
for (let last = 2; last <= count; last++) {
  await new Promise((resolve) => createServer(serve).listen(port, `127.0.0.${last}`, resolve));
}
console.log(port);

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'count') {
    began = performance.now();
    buckets = [];
  } else console.log(JSON.stringify(Array.from(buckets, (one) => one ?? 0)));
});
