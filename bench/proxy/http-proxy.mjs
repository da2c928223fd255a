// The best known proxy package of Node, with keep-alive to the origin. Arguments: port, origin port.
import http from 'node:http';
import httpProxy from 'http-proxy';

const [port, originPort] = process.argv.slice(2).map(Number);
const proxy = httpProxy.createProxyServer({
  target: { host: '127.0.0.1', port: originPort },
  agent: new http.Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 }),
  xfwd: true,
});
proxy.on('error', (_error, _request, response) => response.destroy());
http.createServer((request, response) => proxy.web(request, response)).listen(port, '127.0.0.1', 4096);
