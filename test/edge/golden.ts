import frames from './golden-frames.json' with { type: 'json' };

/**
 * Frames of a real session of cloudflared 2025.5.0 (`fromConnector`), and the answers to them that it accepted
 * (`fromEdge`): token of account 0123456789abcdef0123456789abcdef, tunnel 11111111-2222-4333-8444-555555555555, secret of
 * 32 bytes 0x07; connection 00112233-4455-6677-8899-aabbccddeeff at LOCAL01.
 */
export const fromConnector = bytesOf(frames.fromConnector);
export const fromEdge = bytesOf(frames.fromEdge);

function bytesOf<Name extends string>(hex: Record<Name, readonly string[]>): Record<Name, Buffer> {
  const entries = Object.entries<readonly string[]>(hex).map(([name, lines]) => [
    name,
    Buffer.from(lines.join(''), 'hex'),
  ]);
  return Object.fromEntries(entries);
}
