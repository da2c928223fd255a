import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createIdentifiers } from '../../../src/api/identifiers.js';
import { systemRandom } from '../../../src/net/random.js';
import { DEFINITIONS } from '../../../src/resources/definitions.js';
import { changeTunnel, createTunnel } from '../../../src/resources/tunnels/rules.js';
import { createLayer } from '../../../src/storage/tables/draft.js';
import { batchStatement } from '../../../src/storage/tables/statement.js';
import { createTables } from '../../../src/storage/tables/tables.js';

const ACCOUNT = 'a'.repeat(32);
const BEFORE = { revision: 0, transaction: null };
const secretOf = (byte: number) => new Uint8Array(32).fill(byte);
const hexOf = (secret: Uint8Array) => Buffer.from(secret).toString('hex');

test('a secret goes to the database, and memory keeps what it is checked with', () => {
  const { world, apply } = createTables(DEFINITIONS);
  /** What `work` writes to the database, as JSON; memory follows. */
  const written = (work: (draft: ReturnType<typeof createLayer<typeof DEFINITIONS>>['draft']) => unknown) => {
    const { draft, changed } = createLayer(DEFINITIONS, world, {
      now: new Date(),
      ids: createIdentifiers(systemRandom),
    });
    work(draft);
    const { values } = batchStatement(DEFINITIONS, world, changed, [], BEFORE, null);
    apply(changed);
    return values.join();
  };
  const own = { name: 'one', tunType: 'cfd_tunnel', configSrc: 'local' } as const;
  expect(written((draft) => createTunnel(draft, ACCOUNT, own, secretOf(1)))).toContain(hexOf(secretOf(1)));
  const [tunnel] = world.tunnels.of(ACCOUNT);
  const { id, secretSha256 } = tunnel!;
  const change = (body: object) =>
    written((draft) => changeTunnel(draft, ACCOUNT, 'cfd_tunnel', id, body as never));

  expect(change({ tunnel_secret: secretOf(2) })).toContain(hexOf(secretOf(2)));
  expect(world.tunnels.get(id)!.secretSha256).not.toBe(secretSha256);
  expect(change({ name: 'two' })).not.toContain(hexOf(secretOf(2)));
  expect(world.tunnelSecrets.get(id)).toBeUndefined();
  expect(inspect(world.tunnels.get(id), { maxArrayLength: null })).not.toMatch(/Uint8Array|Buffer|0202/);
});
