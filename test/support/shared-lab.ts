import { type Fittings, fitOut, LAB_FLAGS } from './lab.js';
import { type SharedOfframp, sharedOfframp } from './shared-offramp.js';

export interface SharedLab extends Fittings {
  readonly offramp: SharedOfframp;
}

/** A lab in an account of its own, in a program that it shares with the other files of its worker. */
export async function openSharedLab(): Promise<SharedLab> {
  const offramp = await sharedOfframp(LAB_FLAGS);
  const fittings = await fitOut(offramp);
  return {
    ...fittings,
    offramp,
    async close() {
      await fittings.close();
      await offramp.stop();
    },
  };
}
