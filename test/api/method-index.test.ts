import { expect, test } from 'vitest';
import { createMethodIndex } from '../../src/api/method-index.js';

const index = createMethodIndex();
index.add('/accounts/:account_id', 'GET');
index.add('/accounts/:account_id', ['PUT', 'HEAD']);
index.add('/docs/*', 'GET');
index.add('/accounts/all', 'POST');
index.add('/_offramp/ca.pem', 'GET');

test.each([
  ['/accounts/1', ['GET', 'PUT', 'HEAD']],
  ['/accounts/all', ['POST']],
  ['/accounts', []],
  ['/accounts/', []],
  ['/accounts/1/2', []],
  ['/docs/a/b', ['GET']],
  ['/_offramp/ca.pem', ['GET']],
  ['/_offramp/caxpem', []],
])('%s is served by %j', (path, methods) => {
  expect(index.of(path)).toEqual(methods);
});
