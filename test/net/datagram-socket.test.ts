import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatagramSocket } from '../../src/net/listening-sockets.js';

const MODULE = path.resolve(import.meta.dirname, '../../dist/net/listening-sockets.js');
const ECHO = `
import { openDatagramSocket } from ${JSON.stringify(MODULE)};
const { socket, serve } = await openDatagramSocket({ host: '', port: 0, fd: 3 });
serve((message, { address, port }) => socket.send(message, port, address), console.error);
process.send('ready');
`;

test('what comes before anybody reads waits', async () => {
  const opened = await openDatagramSocket({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => void opened.close());
  const sender = dgram.createSocket('udp4');
  onTestFinished(() => void sender.close());
  const arrived = once(opened.socket, 'message');
  sender.send('early', opened.socket.address().port, '127.0.0.1');
  await arrived;
  const messages: string[] = [];
  opened.serve(
    (message) => messages.push(`${message}`),
    () => {},
  );
  expect(messages).toEqual(['early']);
});

test.runIf(process.platform === 'linux').each([
  ['127.0.0.1', 'udp4'],
  ['::1', 'udp6'],
  ['::', 'udp6'],
] as const)('a passed socket on %s is answered from by its own family', async (address, type) => {
  const passed = dgram.createSocket(type).bind(0, address);
  await once(passed, 'listening');
  const { port } = passed.address();
  const { fd } = (passed as unknown as { _handle: never; [key: symbol]: { handle: { fd: number } } })[
    Object.getOwnPropertySymbols(passed).find((symbol) => `${String(symbol)}`.includes('state'))!
  ]!.handle;
  const child = spawn(process.execPath, ['--input-type=module', '-e', ECHO], {
    stdio: ['ignore', 'inherit', 'inherit', fd, 'ipc'],
  });
  onTestFinished(() => void child.kill());
  await once(child, 'message');
  // The child has a descriptor of its own now.
  passed.close();
  const asker = dgram.createSocket(address === '::1' ? 'udp6' : 'udp4');
  onTestFinished(() => void asker.close());
  const answer = once(asker, 'message');
  asker.send('hello', port, address === '::' ? '127.0.0.1' : address);
  expect(`${(await answer)[0]}`).toBe('hello');
});
