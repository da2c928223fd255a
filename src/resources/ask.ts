import { ApiError } from '../api/errors.js';
import type { DataPlane } from '../bridge/data-plane.js';
import type { QuestionName, Questions } from '../bridge/messages.js';

/** The data plane's answer; throws `overloaded` when none comes in time. */
export async function askDataPlane<Q extends QuestionName>(
  dataPlane: Pick<DataPlane, 'ask'>,
  name: Q,
  question: Questions[Q]['ask'],
): Promise<Questions[Q]['answer']> {
  return await dataPlane.ask(name, question).catch((error: Error) => {
    throw new ApiError('overloaded', error.message);
  });
}
