import { ApiError } from '../../api/errors.js';
import { initialOf, valuesAfter } from '../_kit/fields.js';
import { keyIn } from '../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../definitions.js';
import { type MagicTunnel, withPsk } from './definition.js';
import { healthCheckAfter } from './health-check.js';
import { type Change, IPSEC, type MagicKind, type TunnelBody, type TunnelValues } from './kinds.js';
import { newPsk } from './psk.js';

/** Where a request writes, and how. */
export interface Writing {
  readonly kind: MagicKind;
  readonly accountId: string;
  /** Nothing is stored; the answer is what would have been. */
  readonly validateOnly: boolean;
  /** The target of a health check is an object. */
  readonly objectForm: boolean;
}
type Place = Pick<Writing, 'kind' | 'accountId'>;

export const listMagicTunnels = (world: WorkingWorld, { kind: { kind }, accountId }: Place) =>
  world.magicTunnels.of(accountId).filter((tunnel) => tunnel.kind === kind);

export function getMagicTunnel(world: WorkingWorld, { kind, accountId }: Place, id: string): MagicTunnel {
  const tunnel = world.magicTunnels.get(id);
  if (tunnel?.accountId !== accountId || tunnel.kind !== kind.kind)
    throw new ApiError('magic_tunnel_missing', `${kind.title} tunnel "${id}"`);
  return tunnel;
}

export function createMagicTunnel(draft: WorkingDraft, writing: Writing, body: TunnelBody): MagicTunnel {
  const { kind, accountId } = writing;
  const { now } = draft;
  const values = valuesOf(writing, body, initialOf(kind.fields) as TunnelValues);
  const own = { id: draft.ids.hex(), accountId, kind: kind.kind, values };
  const bare = { ...own, pskDigest: null, pskGeneratedOn: null, createdOn: now, modifiedOn: now };
  return written(draft, writing, [body.psk ? withPsk(bare, body.psk, now) : bare])[0]!;
}

/** PUT of one: what the body leaves out is the default, but for what stays. A key that is not named stays always. */
export function replaceTunnel(draft: WorkingDraft, writing: Writing, id: string, body: TunnelBody) {
  const { fields, staying } = writing.kind;
  return changed(draft, writing, [{ ...body, id }], ({ values }) => ({
    ...(initialOf(fields) as TunnelValues),
    ...Object.fromEntries(staying.map((name) => [name, values[name]])),
  }))[0]!;
}

/** All or none of several, which only have to name their ids: what is left out stays. Answers the tunnels in their order. */
export const changeTunnels = (draft: WorkingDraft, writing: Writing, changes: readonly Change[]) =>
  changed(draft, writing, changes, ({ values }) => values);

export function removeMagicTunnel(draft: WorkingDraft, writing: Writing, id: string): MagicTunnel {
  const tunnel = getMagicTunnel(draft, writing, id);
  if (!writing.validateOnly) draft.magicTunnels.remove(id);
  return tunnel;
}

export interface SetPsk {
  readonly id: string;
  readonly psk: string;
  readonly at: Date;
}

/** A new key for the tunnel, which is told this once. */
export function generatePsk(draft: WorkingDraft, accountId: string, id: string, validateOnly: boolean) {
  getMagicTunnel(draft, { kind: IPSEC, accountId }, id);
  return setPsks(draft, accountId, [{ id, psk: newPsk() }], validateOnly).applied[0]!;
}

/** Sets the keys of those tunnels that the account has; the ids of the others are answered as `unknown`. */
export function setPsks(
  draft: WorkingDraft,
  accountId: string,
  entries: readonly { readonly id: string; readonly psk: string }[],
  validateOnly: boolean,
): { applied: SetPsk[]; unknown: string[] } {
  const known = new Map(
    listMagicTunnels(draft, { kind: IPSEC, accountId }).map((tunnel) => [tunnel.id, tunnel]),
  );
  const at = draft.now;
  const applied = entries.filter(({ id }) => known.has(id)).map(({ id, psk }) => ({ id, psk, at }));
  if (!validateOnly)
    for (const { id, psk } of applied) draft.magicTunnels.put(withPsk(known.get(id)!, psk, at));
  return { applied, unknown: entries.map(({ id }) => id).filter((id) => !known.has(id)) };
}

function changed(
  draft: WorkingDraft,
  writing: Writing,
  changes: readonly Change[],
  baseOf: (before: MagicTunnel) => TunnelValues,
): readonly MagicTunnel[] {
  const repeated = firstRepeated(changes.map(({ id }) => id));
  if (repeated !== undefined)
    throw new ApiError('invalid_request', `the tunnel "${repeated}" is named twice`);
  const { now } = draft;
  const tunnels = changes.map((body) => {
    const before = getMagicTunnel(draft, writing, body.id);
    const after = { ...before, values: valuesOf(writing, body, baseOf(before)), modifiedOn: now };
    return body.psk ? withPsk(after, body.psk, now) : after;
  });
  return written(draft, writing, tunnels);
}

function valuesOf({ kind, accountId, objectForm }: Writing, sent: TunnelBody, base: TunnelValues) {
  const body = kind.read(sent, accountId);
  const health_check = healthCheckAfter(body.health_check, base.health_check, objectForm);
  return valuesAfter(kind.fields, { ...body, health_check }, base, initialOf(kind.fields)) as TunnelValues;
}

function written(draft: WorkingDraft, { kind, accountId, validateOnly }: Writing, tunnels: MagicTunnel[]) {
  const names = tunnels.map(({ values }) => values.name);
  const own = new Set(tunnels.map(({ id }) => id));
  const isTaken = (name: string) =>
    draft.magicTunnels
      .by('name', keyIn(accountId, name))
      .some((other) => !own.has(other.id) && kind.namesAmong.includes(other.kind));
  const taken = firstRepeated(names) ?? names.find(isTaken);
  if (taken !== undefined) throw new ApiError('magic_tunnel_name_taken', taken);
  if (!validateOnly) for (const tunnel of tunnels) draft.magicTunnels.put(tunnel);
  return tunnels;
}

const firstRepeated = (texts: readonly string[]) =>
  texts.find((text, index) => texts.indexOf(text) !== index);
