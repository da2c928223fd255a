#!/usr/bin/env bash
# undici 7.16.0 and node-fetch 3.3.2: a response whose length only the close of the connection tells (HTTP/1.1, neither
# Content-Length nor chunks; RFC 9112 section 6.3) and whose connection is then *reset* counts as complete: the promise of the body
# resolves with what came before the reset. axios 1.21.1 and got 14.6.6 reject with ECONNRESET, as curl (56) and Python's urllib do.
# RFC 9112 section 8: such a response is complete only if the connection was closed by an end of the stream, not by an error.
#
# Seen with Node 20.20, and the same with 22.23, 24.22 and 26.12:
#   undici.request  resolved  half of it
#   undici.fetch    resolved  half of it
#   node-fetch      resolved  half of it
#   axios           rejected  ECONNRESET
#   got             rejected  ECONNRESET
#
# Exits with 1 when that has changed. Needs node, npm and a registry; run by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf '{"type":"module","private":true}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts undici@7.16.0 node-fetch@3.3.2 axios@1.21.1 got@14.6.6

cat > look.js <<'JS'
import net from 'node:net';
import axios from 'axios';
import got from 'got';
import nodeFetch from 'node-fetch';
import * as undici from 'undici';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n';
// The reset comes when the client has surely read the first half.
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    socket.write(`${HEAD}half of it`);
    setTimeout(() => socket.resetAndDestroy(), 300);
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const clients = {
  'undici.request': async () => (await undici.request(url)).body.text(),
  'undici.fetch': async () => (await undici.fetch(url)).text(),
  'node-fetch': async () => (await nodeFetch(url)).text(),
  axios: async () => (await axios.get(url)).data,
  got: () => got(url, { retry: { limit: 0 } }).text(),
};
for (const [name, ask] of Object.entries(clients)) {
  const line = await ask().then(
    (body) => `resolved  ${body}`,
    (error) => `rejected  ${error.code ?? error.cause?.code}`,
  );
  console.log(`${name.padEnd(14)}  ${line}`);
}
process.exit();
JS

node look.js | tee seen
diff - seen <<'SEEN'
undici.request  resolved  half of it
undici.fetch    resolved  half of it
node-fetch      resolved  half of it
axios           rejected  ECONNRESET
got             rejected  ECONNRESET
SEEN
echo 'as described'
