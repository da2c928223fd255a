// An origin that costs little: answers each head at once, `/<bytes>` with that many bytes. Argument: port.
import net from 'node:net';

const [port] = process.argv.slice(2).map(Number);
const responses = new Map();

function responseFor(bytes) {
  const known = responses.get(bytes);
  if (known) return known;
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: origin\r\nContent-Length: ${bytes}\r\n\r\n`;
  const response = Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 'x')]);
  responses.set(bytes, response);
  return response;
}

net
  .createServer({ noDelay: true }, (socket) => {
    let pending = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      pending += chunk.latin1Slice();
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const bytes = Number(/^GET \/(\d+)/.exec(pending)?.[1] ?? 0);
        pending = pending.slice(end + 4);
        socket.write(responseFor(bytes));
      }
    });
  })
  .listen(port, '127.0.0.1', 4096);
