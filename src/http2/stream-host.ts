import type { Sender } from './writer.js';

/** What a stream needs of its session. */
export interface StreamHost {
  readonly role: 'client' | 'server';
  headers(stream: Sender, fields: readonly string[], endStream: boolean): void;
  /** There is something to send. */
  wake(stream: Sender): void;
  end(stream: Sender): void;
  reset(stream: Sender, code: number): void;
  /** The other end may send so many bytes more. */
  credit(stream: Sender, bytes: number): void;
  /** Nothing more comes or goes. */
  over(stream: Sender): void;
}
