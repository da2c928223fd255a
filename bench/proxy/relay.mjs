// The least that a proxy in Node can do: bytes from one connection to another, one to the origin for each client, and nothing is read
// of them. Arguments: port, origin port.
import net from 'node:net';

const [port, originPort] = process.argv.slice(2).map(Number);

net
  .createServer({ noDelay: true }, (client) => {
    const origin = net.connect({ port: originPort, host: '127.0.0.1', noDelay: true });
    client.pipe(origin).pipe(client);
    for (const [one, other] of [
      [client, origin],
      [origin, client],
    ])
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  })
  .listen(port, '127.0.0.1', 4096);
