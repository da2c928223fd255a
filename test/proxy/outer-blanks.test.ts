import { expect, test } from 'vitest';
import { fieldValues } from '../../src/proxy/http/fields.js';
import { eachField } from '../../src/proxy/http/http2-fields.js';
import { trimBlanks } from '../../src/proxy/http/syntax.js';
import { closedPort } from '../support/fake-origins.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

// RFC 9110 section 5.5: only spaces and tabs are around a value. In UTF-8 the last byte of à, Р and others is 0xA0, which
// JavaScript's trim takes for a blank.
const bytes = (text: string) => Buffer.from(text).toString('latin1');

test.each(['voilà', 'Р', '\u00a0x\u00a0', '٠'])(
  'the bytes of %j stay whole, while blanks around them go',
  (text) => {
    const value = bytes(text);
    const lines = `X-T: \t ${value} \t\r\n`;
    expect(trimBlanks(` \t${value}\t `)).toBe(value);
    expect(fieldValues(lines, 'x-t')).toEqual([value]);
    const taken: string[] = [];
    eachField(lines, (name, one) => taken.push(name, one));
    expect(taken).toEqual(['x-t', value]);
  },
);

test('conditions of rules see the last byte of a header', async () => {
  const condition = 'http.request.headers["x-t"][0] eq "voil\\xc3\\xa0"';
  const fixedResponse = { status: 418, contentType: 'text/plain', body: 'seen', location: '' };
  const rules = [{ name: 'seen', condition, terminates: true, fixedResponse, overrides: {} }];
  const rig = await startRig({
    upsert: {
      pool: [unmonitoredPool({ id: 'a', origins: [liveOrigin({ port: await closedPort() })] })],
      load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['a'], rules })],
    },
  });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-T: ${bytes('voilà')}\r\n\r\n`);
  expect(await client.receive((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 418 /);
});
