import type { DataPlane } from '../../bridge/data-plane.js';
import type { QuestionName, Questions } from '../../bridge/messages.js';
import { ApiError } from '../errors.js';

/** The answer of the data plane; an ApiError where it has none, or none in time. */
export async function asked<Q extends QuestionName>(
  dataPlane: Pick<DataPlane, 'ask'>,
  name: Q,
  question: Questions[Q]['ask'],
): Promise<Questions[Q]['answer']> {
  try {
    return await dataPlane.ask(name, question);
  } catch (error) {
    throw new ApiError('overloaded', (error as Error).message);
  }
}
