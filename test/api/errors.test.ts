import { expect, test } from 'vitest';
import { failure } from '../../src/api/envelope.js';
import { ApiError, ERRORS, type ErrorName } from '../../src/api/errors.js';

test.each(Object.entries(ERRORS))(
  '%s has a status, a code that clients accept, a source and a text',
  (_, row) => {
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
    expect(Number.isInteger(row.code) && row.code >= 1000).toBe(true);
    expect(row.source).not.toBe('');
    expect(row.text('the detail')).toMatch(/\S/);
  },
);

test.each(Object.keys(ERRORS) as ErrorName[])('%s is rendered in the envelope of a failure', (name) => {
  const { errors, ...rest } = failure(new ApiError(name, 'the detail'));
  expect(rest).toEqual({ success: false, messages: [], result: null });
  expect(errors).toMatchObject([{ code: ERRORS[name].code, message: ERRORS[name].text('the detail') }]);
});

test('a second cause is told in the chain', () => {
  expect(failure(new ApiError('no_such_route', '/x')).errors).toEqual([
    {
      code: 7003,
      message: 'Could not route to /x, perhaps your object identifier is invalid?',
      error_chain: [{ code: 7000, message: 'No route for that URI' }],
    },
  ]);
});
