import { expect, test } from 'vitest';
import { beginSpan } from '../../../src/proxy/telemetry/tracing.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const random = { fraction: () => 0.5, bytes: (length: number) => Buffer.alloc(length, 0xab) };
const OWN = { trace: 'ab'.repeat(16), span: 'ab'.repeat(8) };

/** What becomes of a request that has these fields. */
function begun(passedOn: string, share = 1) {
  const request = { passedOn } as Parameters<typeof beginSpan>[1];
  return { span: beginSpan({ share, random }, request), passedOn: request.passedOn };
}

test('a trace goes on: its id stays, and the origin sees our span as its parent', () => {
  const { span, passedOn } = begun(
    `Accept: a\r\nTraceparent: 00-${TRACE}-${PARENT}-01\r\ntracestate: a=1\r\nTraceState: b=2\r\nX-Last: b\r\n`,
  );
  expect(span).toEqual({ traceId: TRACE, spanId: OWN.span, parentId: PARENT, state: 'a=1,b=2' });
  expect(passedOn).toBe(
    `Accept: a\r\nX-Last: b\r\ntraceparent: 00-${TRACE}-${OWN.span}-01\r\ntracestate: a=1,b=2\r\n`,
  );
});

test.each([
  ['', 'none'],
  [`traceparent: 00-${'0'.repeat(32)}-${PARENT}-01\r\n`, 'no trace'],
  [`traceparent: 00-${TRACE}-${'0'.repeat(16)}-01\r\n`, 'no parent'],
  [`traceparent: ff-${TRACE}-${PARENT}-01\r\n`, 'a version that there is not'],
  [`traceparent: 00-${TRACE.toUpperCase()}-${PARENT}-01\r\n`, 'capitals'],
  [`traceparent: 00-${TRACE}-${PARENT}-01\r\ntraceparent: 00-${TRACE}-${PARENT}-01\r\n`, 'two'],
])('%j begins a trace of its own: %s', (fields) => {
  const { span, passedOn } = begun(`${fields}tracestate: a=1\r\n`);
  expect(span).toEqual({ traceId: OWN.trace, spanId: OWN.span, parentId: null, state: '' });
  expect(passedOn).toContain(`traceparent: 00-${OWN.trace}-${OWN.span}-01\r\n`);
  expect(passedOn.match(/trace(parent|state)/gi)).toEqual(['traceparent']);
});

test('a later version of the field is read as far as it is known', () => {
  expect(begun(`traceparent: 01-${TRACE}-${PARENT}-01-more\r\n`).span).toMatchObject({ traceId: TRACE });
});

test('what shall not be traced goes on as it came', () => {
  const fields = `traceparent: 00-${TRACE}-${PARENT}-00\r\ntracestate: a=1\r\n`;
  expect(begun(fields)).toEqual({ span: null, passedOn: fields });
  expect(begun('Accept: a\r\n', 0.5)).toEqual({ span: null, passedOn: 'Accept: a\r\n' });
  // The share is about requests that come with no trace.
  expect(begun(`traceparent: 00-${TRACE}-${PARENT}-01\r\n`, 0).span).toMatchObject({ parentId: PARENT });
});
