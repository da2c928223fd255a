// Visitors who send a mix of requests over keep-alive connections and count what they get: by host and status, and bytes of bodies.
import http from 'node:http';

/** What is asked for in turn; about a third of it fails, each in its own way. */
const MIX = [
  ...Array(12).fill({ host: 'good.example.com', path: '/' }),
  { host: 'good.example.com', path: '/status/404' },
  { host: 'good.example.com', path: '/status/500' },
  { host: 'good.example.com', path: '/status/503' },
  { host: 'good.example.com', path: '/break' },
  // One origin of the pool takes no connections: the other one answers.
  { host: 'half.example.com', path: '/' },
  { host: 'half.example.com', path: '/' },
  { host: 'dead.example.com', path: '/' },
  { host: 'nobody.example.net', path: '/' },
];
/** Of so many requests one is given up by its visitor. */
const GIVE_UP_EVERY = 500;

export async function visit({ port, requests, connections }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const counts = { answers: new Map(), bytes: new Map(), givenUp: 0 };
  let sent = 0;

  async function oneAfterAnother() {
    while (sent < requests) {
      const number = sent;
      sent += 1;
      if (number % GIVE_UP_EVERY === GIVE_UP_EVERY - 1) await giveUp();
      else await ask(MIX[number % MIX.length]);
    }
  }

  function ask({ host, path }) {
    return new Promise((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port, path, agent, headers: { host } }, (response) => {
        add(counts.answers, `${host} ${response.statusCode}`, 1);
        response.on('data', (chunk) => add(counts.bytes, host, chunk.length));
        response.on('end', resolve);
      });
      request.on('error', reject);
    });
  }

  /** Leaves when the request is with the origin, which does not answer. */
  function giveUp() {
    counts.givenUp += 1;
    return new Promise((resolve) => {
      const request = http.get({
        host: '127.0.0.1',
        port,
        path: '/wait',
        agent: false,
        headers: { host: 'good.example.com' },
      });
      request.on('error', () => {});
      request.on('close', resolve);
      request.on('finish', () => setTimeout(() => request.destroy(), 50));
    });
  }

  await Promise.all(Array.from({ length: connections }, oneAfterAnother));
  agent.destroy();
  return counts;
}

const add = (map, key, count) => map.set(key, (map.get(key) ?? 0) + count);
