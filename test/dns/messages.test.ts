import { expect, test } from 'vitest';
import { seededRandom } from '../steering/seeded-random.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { question, read } from './message.js';
import { framed, LAST_ID, overTcp, startDnsRig } from './rig.js';

const NAME = 'app.example.com';
const start = (addresses: readonly string[] = ['192.0.2.1'], name = NAME) =>
  startDnsRig({
    upsert: {
      pool: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ address: 'origin.test' })] })],
      load_balancer: [liveLoadBalancer({ name, proxied: false, defaultPools: ['pool'] })],
    },
    addresses: { 'origin.test': addresses },
  });

/** A question with some bytes changed: offset -> byte. */
function changed(changes: Readonly<Record<number, number>>, message = question({ name: NAME })): Buffer {
  const copy = Buffer.from(message);
  for (const [offset, byte] of Object.entries(changes)) copy[Number(offset)] = byte;
  return copy;
}
/** In a question with EDNS and a client subnet of IPv4 /24: where its parts are. */
const WITH_SUBNET = question({ name: NAME, subnet: '192.0.2.0/24' });
const OPT = question({ name: NAME }).length;
const SUBNET = OPT + 11 + 4;

test.each<[string, Buffer, string]>([
  ['another opcode', changed({ 2: 0x11 }), 'NOTIMP'],
  ['no question', changed({ 5: 0 }, question({ name: NAME }).subarray(0, 12)), 'FORMERR'],
  ['two questions', changed({ 5: 2 }), 'FORMERR'],
  ['an answer in it', changed({ 7: 1 }), 'FORMERR'],
  ['hundreds of records announced', changed({ 10: 1 }), 'FORMERR'],
  ['a name that is cut off', question({ name: NAME }).subarray(0, 20), 'FORMERR'],
  ['bytes behind its end', Buffer.concat([question({ name: NAME }), Buffer.from([0])]), 'FORMERR'],
  ['a label that is longer than the message', changed({ 12: 60 }), 'FORMERR'],
  ['a pointer in its name', changed({ 12: 0xc0, 13: 0x0c }), 'FORMERR'],
  ['a dot inside a label', changed({ 14: 0x2e }), 'REFUSED'],
  ['bytes that are no text', changed({ 14: 0xff }), 'REFUSED'],
  ['the class CH', changed({ [OPT - 1]: 3 }), 'REFUSED'],
  ['a client subnet with a scope', changed({ [SUBNET + 3]: 24 }, WITH_SUBNET), 'FORMERR'],
  ['a client subnet of an unknown family', changed({ [SUBNET + 1]: 3 }, WITH_SUBNET), 'FORMERR'],
  ['a client subnet with a prefix of 33', changed({ [SUBNET + 2]: 33 }, WITH_SUBNET), 'FORMERR'],
  ['bits behind the prefix of a client subnet', changed({ [SUBNET + 2]: 17 }, WITH_SUBNET), 'FORMERR'],
])('a message with %s is answered with its code and nothing else', async (_what, message, rcode) => {
  const rig = await start();
  const answer = await rig.send(message);
  expect(read(answer)).toMatchObject({ id: 4711, rcode, answers: [], authorities: [], authoritative: false });
  expect(answer.length).toBeLessThanOrEqual(message.length + 11);
});

test('a later version of EDNS is refused with ours', async () => {
  const rig = await start();
  const message = changed({ [OPT + 6]: 1 }, question({ name: NAME, udpBytes: 1_232 }));
  expect(read(await rig.send(message))).toMatchObject({ rcode: 'NOERROR', edns: { extendedRcode: 1 } });
});

test('a client subnet of nobody is sent back and not used', async () => {
  const rig = await start();
  const answered = await rig.ask({ name: NAME, subnet: '0.0.0.0/0' });
  expect(answered).toMatchObject({ rcode: 'NOERROR', edns: { scope: 0 } });
  expect(answered.answers).toHaveLength(1);
});

test.each([
  ['a response', changed({ 2: 0x80 })],
  ['a fragment of a header', Buffer.alloc(11)],
  ['nothing', Buffer.alloc(0)],
])('%s gets no answer', async (_what, message) => {
  const rig = await start();
  expect((await rig.sendDoubtful(message)).map((answer) => read(answer).id)).toEqual([LAST_ID]);
});

test('an answer that does not fit comes without records and says so; over TCP it is whole', async () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
  const many = Array.from({ length: 8 }, (_, index) => `192.0.2.${index}`);
  const rig = await start(many, long);
  const cut = await rig.ask({ name: long });
  expect(cut).toMatchObject({ rcode: 'NOERROR', truncated: true, answers: [], question: long });
  const roomy = await rig.ask({ name: long, udpBytes: 4_096 });
  expect([roomy.truncated, roomy.answers.length]).toEqual([true, 0]);
  const whole = read((await overTcp(rig, framed(question({ name: long })))).subarray(2));
  expect([whole.truncated, whole.answers.length]).toEqual([false, 8]);
});

test('more room for an answer is used as far as it is given', async () => {
  const long = `${'a'.repeat(40)}.example.com`;
  const many = Array.from({ length: 8 }, (_, index) => `192.0.2.${index}`);
  const rig = await start(many, long);
  expect((await rig.ask({ name: long })).truncated).toBe(true);
  expect((await rig.ask({ name: long, udpBytes: 100 })).truncated).toBe(true);
  expect((await rig.ask({ name: long, udpBytes: 1_232 })).answers).toHaveLength(8);
});

test('several questions of one TCP connection are answered in order', async () => {
  const rig = await start();
  const questions = [1, 2, 3].map((id) => framed(question({ name: NAME, id })));
  const bytes = await overTcp(rig, Buffer.concat(questions));
  const ids = [];
  for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
    ids.push(read(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at))).id);
  }
  expect(ids).toEqual([1, 2, 3]);
});

test.each([
  ['announces more than a question can have', Buffer.from([0x10, 0x01])],
  ['sends a response', framed(changed({ 2: 0x80 }))],
])('a TCP connection that %s is closed', async (_what, bytes) => {
  const rig = await start();
  expect(await overTcp(rig, bytes, false)).toEqual(Buffer.alloc(0));
});

test('whatever bytes come, the answer is a response to them or there is none', async () => {
  const rig = await start();
  const random = seededRandom(53);
  const pick = (below: number) => Math.floor(random() * below);
  const bases = [question({ name: NAME }), WITH_SUBNET, question({ name: 'x.example.com', type: 'MX' })];
  let answered = 0;
  for (let round = 0; round < 3_000; round++) {
    const message = Buffer.from(bases[pick(bases.length)]!);
    for (let i = 0; i <= pick(4); i++) message[2 + pick(message.length - 2)] = pick(256);
    const cut = random() < 0.2 ? message.subarray(0, 2 + pick(message.length)) : message;
    cut.writeUInt16BE(round, 0);
    const answers = await rig.sendDoubtful(cut);
    expect(answers.length).toBeLessThanOrEqual(2);
    for (const bytes of answers.slice(0, -1)) {
      const { id, rcode } = read(bytes);
      expect(id).toBe(round);
      expect(['NOERROR', 'FORMERR', 'NXDOMAIN', 'NOTIMP', 'REFUSED']).toContain(rcode);
      answered += 1;
    }
  }
  expect(answered).toBeGreaterThan(500);
});
