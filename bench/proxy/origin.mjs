// An origin that costs little: answers a GET of `/<bytes>` at once with that many bytes, and a POST when its body has come. Argument: port.
import net from 'node:net';

const [port] = process.argv.slice(2).map(Number);
const TAKEN = 5;
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
    /** Bytes of a body that have not come yet. */
    let missing = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const skipped = Math.min(missing, chunk.length);
      missing -= skipped;
      if (skipped > 0 && missing === 0) socket.write(responseFor(TAKEN));
      pending += chunk.latin1Slice(skipped);
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const head = pending.slice(0, end);
        pending = pending.slice(end + 4);
        if (head.startsWith('POST')) {
          const length = Number(/content-length: *(\d+)/i.exec(head)[1]);
          missing = length - pending.length;
          pending = pending.slice(length);
          if (missing <= 0) socket.write(responseFor(TAKEN));
          missing = Math.max(0, missing);
        } else socket.write(responseFor(Number(/^GET \/(\d+)/.exec(head)?.[1] ?? 0)));
      }
    });
  })
  .listen(port, '127.0.0.1', 4096);
