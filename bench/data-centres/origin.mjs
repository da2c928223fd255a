// One origin: its name over HTTP on port 80, and an echo on port 5432 that ends its half when its client has.
import http from 'node:http';
import net from 'node:net';

const [name] = process.argv.slice(2);
http
  .createServer({ keepAliveTimeout: 60_000 }, (_request, response) => response.end(name))
  .listen(80, '0.0.0.0', () => {
    net
      .createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => socket.destroy());
        socket.pipe(socket);
      })
      .listen(5432, '0.0.0.0', () => process.send('listening'));
  });
process.on('disconnect', () => process.exit());
