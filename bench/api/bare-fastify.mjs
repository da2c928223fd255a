// What is compared with: a Fastify with nothing in it but one route, which answers the JSON of a file from memory.
// Arguments: the file. Prints its port.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';

const answer = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const app = Fastify();
app.route({ method: ['GET', 'PATCH', 'POST'], url: '*', handler: async () => answer });
await app.listen({ host: '127.0.0.1', port: 0 });
console.log(app.server.address().port);
