import { expect, test } from 'vitest';
import { EDGE_ERRORS, errorResponse } from '../../src/proxy/exchange/own-answers.js';
import { ask } from './ask.js';
import { startRig } from './rig.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test.each([
  [
    'a browser a page',
    BROWSER,
    'text/html; charset=utf-8',
    /<title>Error 521<\/title>[\s\S]*error code: 521/,
  ],
  ['who asks for JSON the same as JSON', 'application/json', 'application/json', /"error_code":521/],
  ['curl text', '*/*', 'text/plain; charset=utf-8', /^error code: 521\n/],
  ['everybody else text', undefined, 'text/plain; charset=utf-8', /^error code: 521\n/],
])('an error gives %s, with the ray', async (_what, accept, type, pattern) => {
  const rig = await startRig({ origins: [9], failures: { '127.0.0.1:9': 'refused' } });
  const { status, headers, body } = await ask(rig.port, { headers: accept ? { accept } : {} });
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([521, type, 'no-store']);
  expect(body).toMatch(pattern);
  expect(body).toContain(headers['cf-ray']);
});

test('JSON can be read by a program', () => {
  const { body } = errorResponse(EDGE_ERRORS.no_pool, 'ray', 'application/json');
  expect(JSON.parse(body)).toEqual({
    status: 530,
    error_code: 1016,
    message: EDGE_ERRORS.no_pool.text,
    ray_id: 'ray',
  });
});

test('what a request says is text in the page, never markup', () => {
  const error = { status: 400, code: 400, text: `<script>alert("1")</script> & '` };
  const { body } = errorResponse(error, 'ray', 'text/html');
  expect(body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;');
  expect(body).not.toContain('<script');
});

test('every failure of an origin has the code that is documented for it', () => {
  const codes = Object.fromEntries(
    Object.entries(EDGE_ERRORS).map(([name, { status, code }]) => [name, [status, code]]),
  );
  expect(codes).toEqual({
    client_timeout: [408, 408],
    overloaded: [503, 503],
    loop: [508, 1000],
    invalid_response: [520, 520],
    invalid_status: [502, 502],
    response_header_too_large: [502, 502],
    refused: [521, 521],
    connect_timeout: [522, 522],
    unreachable: [523, 523],
    head_timeout: [524, 524],
    tls_handshake: [525, 525],
    tls_certificate: [526, 526],
    unknown_load_balancer: [530, 1001],
    prohibited: [530, 1002],
    no_pool: [530, 1016],
    unknown_host: [530, 1016],
    no_ingress: [530, 1033],
    connector_failed: [502, 502],
    connector_invalid: [502, 502],
  });
});
