// The fastest known proxy package of Node, with undici to the origin. Arguments: port, origin port, folder of the package.
import http from 'node:http';
import { createRequire } from 'node:module';

const [port, originPort, folder] = process.argv.slice(2);
const fastProxy = createRequire(import.meta.url)(folder);
const { proxy } = fastProxy({ base: `http://127.0.0.1:${originPort}`, undici: { connections: 256 } });
http
  .createServer((request, response) => proxy(request, response, request.url, {}))
  .listen(Number(port), '127.0.0.1', 4096);
