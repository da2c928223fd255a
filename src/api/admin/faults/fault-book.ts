import type { DataPlane } from '../../../bridge/data-plane.js';
import { type FaultReport, MAX_FAULTS, type NamedFault } from '../../../bridge/faults.js';
import { createTurns } from '../../../net/clock.js';
import type { ApiFault, ApiFaults } from '../../api-faults.js';
import { ApiError } from '../../errors.js';
import { asked } from '../asked.js';
import type { FaultBody } from './bodies.js';
import { type AnyFault, fromWire } from './on-the-wire.js';

/** The faults of all kinds as one list: those on the API are kept in this thread, the others in the data plane's. */
export interface FaultBook {
  reports(): Promise<readonly FaultReport<AnyFault>[]>;
  replace(bodies: readonly FaultBody[]): Promise<readonly FaultReport<AnyFault>[]>;
  add(body: FaultBody): Promise<FaultReport<AnyFault>>;
  /** Answers with those that are left. */
  remove(name: string): Promise<readonly FaultReport<AnyFault>[]>;
}

const isOnApi = (fault: AnyFault): fault is ApiFault => fault.on === 'api';

export function createFaultBook(dataPlane: Pick<DataPlane, 'ask'>, onApi: ApiFaults): FaultBook {
  let number = 0;
  // One after the other: whether a name is free is known only after a look into both threads.
  const inTurn = createTurns();

  async function reports(): Promise<readonly FaultReport<AnyFault>[]> {
    const found = [...(await asked(dataPlane, 'faults', null)), ...onApi.list.reports()];
    return found.sort((a, b) => a.fault.number - b.fault.number);
  }

  /** The name that the client gives, or one that is free. */
  function named(body: FaultBody, taken: Set<string>): NamedFault {
    number += 1;
    const wanted = body.name ?? null;
    if (wanted !== null && taken.has(wanted)) throw new ApiError('fault_name_taken', wanted);
    let name = wanted ?? `fault-${number}`;
    while (wanted === null && taken.has(name)) name += '-1';
    taken.add(name);
    return { name, number, seconds: body.seconds ?? null };
  }

  async function replace(bodies: readonly FaultBody[]): Promise<readonly FaultReport<AnyFault>[]> {
    const taken = new Set<string>();
    // The names that clients give come first: none is made up that one of them has.
    for (const { name } of bodies) if (typeof name === 'string') claim(taken, name);
    const faults = bodies.map((body) => {
      if (typeof body.name === 'string') taken.delete(body.name);
      return fromWire(body, named(body, taken));
    });
    await asked(
      dataPlane,
      'set_faults',
      faults.filter((fault) => !isOnApi(fault)),
    );
    onApi.list.replace(faults.filter(isOnApi));
    return await reports();
  }

  function claim(taken: Set<string>, name: string): void {
    if (taken.has(name)) throw new ApiError('fault_name_taken', name);
    taken.add(name);
  }

  async function add(body: FaultBody): Promise<FaultReport<AnyFault>> {
    const before = await reports();
    if (before.length >= MAX_FAULTS) throw new ApiError('too_many_faults', String(MAX_FAULTS));
    const fault = fromWire(body, named(body, new Set(before.map((one) => one.fault.name))));
    if (isOnApi(fault)) onApi.list.add(fault);
    else await asked(dataPlane, 'add_fault', fault);
    const set = (await reports()).find((one) => one.fault.number === fault.number);
    // A reset has come between: it was set, and is gone.
    return set ?? { fault, hits: 0, expiresAt: null };
  }

  async function remove(name: string): Promise<readonly FaultReport<AnyFault>[]> {
    const removed = onApi.list.remove(name) || (await asked(dataPlane, 'remove_fault', name));
    if (!removed) throw new ApiError('fault_missing', name);
    return await reports();
  }

  return {
    reports,
    replace: (bodies) => inTurn(() => replace(bodies)),
    add: (body) => inTurn(() => add(body)),
    remove: (name) => inTurn(() => remove(name)),
  };
}
