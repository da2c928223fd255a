import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { QuickTunnel } from '../../bridge/messages.js';
import type { Clock } from '../../net/clock.js';
import type { SnapshotStore } from '../../state/snapshot-store.js';
import type { TunnelDialer } from '../egress/contract.js';

interface QuickTunnelOptions {
  readonly store: SnapshotStore;
  readonly tunnels: Pick<TunnelDialer, 'onAvailability'>;
  readonly clock: Clock;
}

interface QuickTunnels {
  /** Throws when there are as many as there may be. */
  open(): QuickTunnel;
  has(tunnelId: string): boolean;
  /** Ends all, with their connections. */
  clear(): void;
}

/** cloudflared makes one for each time that it is started. */
export const MAX_QUICK_TUNNELS = 200;
/** How long one is kept that has no connection: before the first, and after the last. */
export const FORGOTTEN_AFTER_MS = 5 * 60_000;
const SECRET_BYTES = 32;
/** Browsers, curl and most resolvers find names below it on this machine by themselves (RFC 6761). */
const DOMAIN = 'localhost';

/**
 * Tunnels without an account, as `cloudflared tunnel --url` asks for them. They stand in the data plane's copy of the
 * configuration beside those of the database, which never hears of them, and go when nobody serves them.
 */
export function createQuickTunnels({ store, tunnels, clock }: QuickTunnelOptions): QuickTunnels {
  const accountTag = randomBytes(16).toString('hex');
  /** By tunnel id. */
  const known = new Map<string, { readonly name: string; readonly stay: () => void }>();

  function forgetLater(tunnelId: string, name: string): void {
    known.get(tunnelId)?.stay();
    known.set(tunnelId, { name, stay: clock.after(FORGOTTEN_AFTER_MS, () => forget(tunnelId)) });
  }

  function forget(tunnelId: string): void {
    known.delete(tunnelId);
    store.applyOwn({ upsert: {}, remove: { tunnel: [tunnelId], published_hostname: [tunnelId] } });
  }

  tunnels.onAvailability((tunnelId, available) => {
    const tunnel = known.get(tunnelId);
    if (!tunnel) return;
    if (available) tunnel.stay();
    else forgetLater(tunnelId, tunnel.name);
  });

  /** One that no other quick tunnel has. */
  function newName(): string {
    const taken = new Set([...known.values()].map((tunnel) => tunnel.name));
    for (;;) {
      const name = [ADJECTIVES, ANIMALS, THINGS].map((words) => words[randomInt(words.length)]).join('-');
      if (!taken.has(name)) return name;
    }
  }

  return {
    has: (tunnelId) => known.has(tunnelId),
    clear() {
      for (const [tunnelId, tunnel] of known) {
        tunnel.stay();
        forget(tunnelId);
      }
    },
    open() {
      if (known.size >= MAX_QUICK_TUNNELS)
        throw new Error(
          `there are ${known.size} quick tunnels, and there may be ${MAX_QUICK_TUNNELS}; stop some, or create a tunnel of an account`,
        );
      const id = randomUUID();
      const name = newName();
      const hostname = `${name}.${DOMAIN}`;
      const secret = randomBytes(SECRET_BYTES);
      const secretSha256 = createHash('sha256').update(secret).digest('hex');
      const tunnel = { id, accountId: accountTag, name, secretSha256, configuration: null };
      const published = { id, accountId: accountTag, zoneName: '', hostname, tunnelId: id };
      store.applyOwn({ upsert: { tunnel: [tunnel], published_hostname: [published] }, remove: {} });
      forgetLater(id, name);
      return { id, name, hostname, accountTag, secret: secret.toString('base64') };
    },
  };
}

const words = (text: string) => text.trim().split(/\s+/);

/** One of each makes a name that can be said on the telephone; about three hundred thousand of them. */
const ADJECTIVES: readonly string[] = words(`
  amber brave brisk calm clear clever cosy crisp daring eager early fair fleet fond
  gentle glad golden grand happy honest humble jolly keen kind late light lively loyal
  lucky mellow merry mild modest neat nimble noble old patient plain polite proud quick
  quiet rapid ready rosy silent silver simple sincere sleek small smooth snowy soft solid
  spry steady still sunny swift tidy warm wise young
`);
const ANIMALS: readonly string[] = words(`
  badger beaver bison bear camel carp cat crane crow deer dog dolphin donkey dove
  duck eagle elk falcon ferret finch fox frog gecko goat goose hare hawk heron
  horse ibex jay koala lark lemur lion llama lynx magpie marten mole moose mouse
  newt otter owl panda perch pigeon pike pony puffin quail rabbit raven robin salmon
  seal sheep snail sparrow squid stork swan tapir tiger toad trout turtle walrus wolf
  wren
`);
const THINGS: readonly string[] = words(`
  anchor apple arrow basket bell bench boat book bottle bridge broom button candle canoe
  chair clock cloud coin compass cup desk door drum feather fence field flag flute
  garden gate glove hammer harp hat house island jar kettle key kite ladder lamp
  lantern leaf letter map meadow mirror needle oar orchard paddle paper pebble pencil piano
  pillow pocket river road rope sail shell ship spoon stone table tent tower train
  valley wagon wheel whistle window
`);
