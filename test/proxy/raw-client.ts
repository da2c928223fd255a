import { once } from 'node:events';
import net from 'node:net';
import { onTestFinished } from 'vitest';

/** A client that sends exactly the bytes it is told and shows exactly the bytes it got. */
export interface RawClient {
  readonly socket: net.Socket;
  /** Latin1 of everything received. */
  received(): string;
  send(latin1: string | Buffer): void;
  /** Resolves with everything received as soon as it satisfies `enough`; rejects when the connection closes before. */
  receive(enough: (received: string) => boolean): Promise<string>;
  /** Resolves with everything received when the connection is closed. */
  closed(): Promise<string>;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: false });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const received = () => Buffer.concat(chunks).toString('latin1');

  return {
    socket,
    received,
    send: (bytes) => void socket.write(bytes as string, 'latin1'),
    receive: (enough) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!enough(received())) return;
          socket.off('data', look);
          resolve(received());
        };
        socket.on('data', look);
        socket.once('close', () => {
          if (enough(received())) resolve(received());
          else reject(new Error(`closed after ${JSON.stringify(received().slice(0, 500))}`));
        });
        look();
      }),
    closed: async () => {
      await gone;
      return received();
    },
  };
}

/** Whether `received` holds the blank line of a head and `bytes` bytes behind it. */
export function bodyOf(bytes: number): (received: string) => boolean {
  return (received) => {
    const blank = received.indexOf('\r\n\r\n');
    return blank >= 0 && received.length >= blank + 4 + bytes;
  };
}
