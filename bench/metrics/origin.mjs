// An origin that fails when it is told to: `/status/503` answers that, `/break` ends the connection, `/wait` never answers, all else is 200.
// Prints its port.
import http from 'node:http';

const server = http.createServer((request, response) => {
  request.resume();
  if (request.url === '/break') return void request.socket.destroy();
  if (request.url === '/wait') return undefined;
  response.statusCode = Number(/^\/status\/(\d+)/.exec(request.url)?.[1] ?? 200);
  response.setHeader('content-length', 12);
  return void response.end('twelve bytes');
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
