import type { Operation, Response } from './document.js';

const DONE: Readonly<Record<string, string>> = {
  GET: 'What was asked for.',
  POST: 'It is done.',
  PUT: 'It is done.',
  PATCH: 'It is done.',
  DELETE: 'It is gone.',
};

/** What can go wrong, in one row each; the same for every operation. */
const FAILURES: Readonly<Record<string, string>> = {
  400: 'the request cannot be understood, or a rule forbids it',
  401: 'no such token',
  403: 'the credential may not do it, or is none',
  404: 'it is not there',
  409: 'it is in use, or there is one already',
  412: 'it is named by something else',
  413: 'the body is too long',
  429: 'too many requests',
  500: 'a fault of Offramp',
  503: 'the database is away, or there is too much to do; try again',
};

export const FAILURE_STATUSES = Object.keys(FAILURES);

/** What every operation answers when it does not do what was asked. */
export const FAILED: Response = {
  description: `It is not done; \`errors\` says why. ${Object.entries(FAILURES)
    .map(([status, text]) => `${status}: ${text}.`)
    .join(' ')}`,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
};

/** The one good answer of an operation, and one for all that can go wrong: generators make a type of each status. */
export function twoAnswers(operation: Operation, key: string): Operation {
  const [method = ''] = key.split(' ');
  const good = operation.responses[200];
  const fails = Object.keys(operation.responses).some((status) => status !== '200');
  return {
    ...operation,
    responses: {
      200: { ...good, description: DONE[method] ?? 'It is done.' },
      ...(fails && {
        '4XX': { $ref: '#/components/responses/Failed' },
        '5XX': { $ref: '#/components/responses/Failed' },
      }),
    },
  };
}
