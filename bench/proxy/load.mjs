// The load: keep-alive connections that each send the next request when the response is complete. Runs as a child, so
// that its own CPU is not the proxy's. Arguments: port, requests, connections, body bytes. Prints one line of JSON.
import net from 'node:net';

const [port, requests, connections, bodyBytes] = process.argv.slice(2).map(Number);
const TIME_LIMIT_MS = 120_000;
const request =
  `GET /${bodyBytes} HTTP/1.1\r\nHost: bench.example.com\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n` +
  'Accept-Encoding: gzip, br\r\nAccept-Language: en\r\n\r\n';
const latencies = new Float64Array(requests);
let sent = 0;
let done = 0;
let failed = 0;

const start = performance.now();
const sockets = Array.from({ length: connections }, open);
setTimeout(() => finish('timeout'), TIME_LIMIT_MS).unref();

function open() {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  let began = 0;
  let head = null;
  let left = 0;
  const next = () => {
    if (sent === requests) return;
    sent += 1;
    began = performance.now();
    head = '';
    socket.write(request, 'latin1');
  };
  socket.on('connect', next);
  socket.on('data', (chunk) => {
    if (head !== null) {
      head += chunk.latin1Slice();
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!head.startsWith('HTTP/1.1 200')) failed += 1;
      left = Number(/content-length: *(\d+)/i.exec(head)[1]) - (head.length - end - 4);
      head = null;
    } else left -= chunk.length;
    if (left > 0) return;
    latencies[done] = performance.now() - began;
    done += 1;
    if (done === requests) finish('done');
    else next();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    failed += 1;
    if (done < requests) finish('closed');
  });
  return socket;
}

function finish(how) {
  const seconds = (performance.now() - start) / 1000;
  const sorted = latencies.subarray(0, done).sort();
  const at = (share) => sorted[Math.min(done - 1, Math.floor(done * share))] ?? null;
  console.log(JSON.stringify({ how, done, failed, seconds, p50Ms: at(0.5), p99Ms: at(0.99) }));
  for (const socket of sockets) socket.removeAllListeners('close').destroy();
  process.exit(how === 'done' && failed === 0 ? 0 : 1);
}
