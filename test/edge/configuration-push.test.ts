import { afterEach, expect, test } from 'vitest';
import { parseConfigurationAnswer } from '../../src/tunnel/edge/configurations.js';
import { createFakeClock } from '../support/fake-clock.js';
import { answers, connectConfigurable, type Pushed } from './configurable.js';
import { cleanUp, startEdge, type TestEdge, type TestTunnel, until } from './fixture.js';

afterEach(cleanUp);

const versioned = (version: number) => ({
  version,
  config: `{"ingress":[{"service":"http_status:${version}"}]}`,
});

function reconfigure(edge: TestEdge, { id }: TestTunnel, version: number): void {
  edge.addTunnel({ id, configuration: versioned(version) });
}

const statesOf = ({ edge }: TestEdge, { id }: TestTunnel) =>
  edge.connections(id).map(({ configuration }) => configuration);
const failureOf = (edge: TestEdge, tunnel: TestTunnel) => statesOf(edge, tunnel)[0]!.failed;

test('every connection is told the configuration when it registers, and at every change', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel({ configuration: versioned(1) });
  const connectors = await Promise.all(
    [0, 1, 2].map((connIndex) => connectConfigurable(started, tunnel, answers(), { connIndex })),
  );
  const allAt = (version: number) => () =>
    statesOf(started, tunnel).every(({ applied, failed }) => applied === version && failed === null);
  await until(allAt(1));
  reconfigure(started, tunnel, 2);
  await until(allAt(2));
  for (const { pushes } of connectors)
    expect(pushes).toMatchObject([
      { version: 1, config: { ingress: [{ service: 'http_status:1' }] } },
      { version: 2, config: { ingress: [{ service: 'http_status:2' }] } },
    ]);
});

test('a connector of a locally managed tunnel is told nothing until the tunnel is configured here', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const { pushes } = await connectConfigurable(started, tunnel);
  started.addTunnel({ id: tunnel.id, name: 'renamed' });
  expect(started.edge.configured(60_000)).toBeNull();
  reconfigure(started, tunnel, 1);
  await started.edge.configured(60_000);
  expect(pushes.map(({ version }) => version)).toEqual([1]);
  started.addTunnel({ id: tunnel.id, name: 'renamed again', configuration: versioned(1) });
  expect(started.edge.configured(60_000)).toBeNull();
});

test('a change counts as followed when all connectors of the tunnel have answered, or the time is up', async () => {
  const clock = createFakeClock();
  const started = await startEdge({ clock });
  const tunnel = started.addTunnel({ configuration: versioned(1) });
  const late: Pushed[] = [];
  await connectConfigurable(started, tunnel);
  await connectConfigurable(started, tunnel, (pushed) => late.push(pushed));
  await until(() => late.length === 1);
  late[0]!.answer();
  await until(() => statesOf(started, tunnel).every(({ applied }) => applied === 1));

  reconfigure(started, tunnel, 2);
  let followed = false;
  const waiting = started.edge.configured(200)!.then(() => {
    followed = true;
  });
  await until(() => late.length === 2 && statesOf(started, tunnel)[0]!.applied === 2);
  expect(followed).toBe(false);
  late[1]!.answer();
  await waiting;
  expect(statesOf(started, tunnel).map(({ applied }) => applied)).toEqual([2, 2]);

  reconfigure(started, tunnel, 3);
  const tired = started.edge.configured(200);
  clock.advance(200);
  await tired;
});

test('of the versions that come while a connector is at one, it is told the newest alone', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel({ configuration: versioned(1) });
  const { pushes } = await connectConfigurable(started, tunnel, () => {});
  await until(() => pushes.length === 1);
  for (const version of [2, 3, 4]) reconfigure(started, tunnel, version);
  pushes[0]!.answer();
  await until(() => pushes.length === 2);
  pushes[1]!.answer();
  await until(() => statesOf(started, tunnel)[0]!.applied === 4);
  expect(pushes.map(({ version }) => version)).toEqual([1, 4]);
});

test.each<[string, number, RegExp]>([
  ['{"lastAppliedVersion":-1,"err":{}}', 200, /^refused it and stays as it was started; its log says why$/],
  ['{"lastAppliedVersion":1,"err":"no such service"}', 200, /^refused it and stays with version 1; no such/],
  ['{"lastAppliedVersion":1,"err":{"Offset":3}}', 200, /stays with version 1; \{"Offset":3\}$/],
  ['{"lastAppliedVersion":1,"err":null}', 200, /^answered that it stays with version 1$/],
  ['{"lastAppliedVersion":9,"err":null}', 200, /^stays with version 9, which is newer, until it is started/],
  ['', 502, /^answered with status 502$/],
  ['', 200, /^answered with something that is no/],
  ['{}', 200, /^answered with something that is no/],
  ['x'.repeat(65 * 1024), 200, /^answered with more than 65536 bytes$/],
])('a connector that says %.40s with status %i is not asked again', async (body, status, reason) => {
  const clock = createFakeClock();
  const started = await startEdge({ clock, pingIntervalMs: 10_000_000 });
  const tunnel = started.addTunnel({ configuration: versioned(2) });
  const { pushes } = await connectConfigurable(started, tunnel, answers(body, status));
  await until(() => failureOf(started, tunnel) !== null);
  expect(failureOf(started, tunnel)).toEqual({ version: 2, reason: expect.stringMatching(reason) });
  clock.advance(600_000);
  reconfigure(started, tunnel, 3);
  await until(() => failureOf(started, tunnel)?.version === 3);
  expect(pushes.map(({ version }) => version)).toEqual([2, 3]);
  expect(started.edge.connected(tunnel.id)).toBe(true);
});

test('what a connector may not have heard of is said again three times, each time after a longer while', async () => {
  const clock = createFakeClock();
  const started = await startEdge({ clock, pingIntervalMs: 10_000_000 });
  const tunnel = started.addTunnel({ configuration: versioned(1) });
  let told = 0;
  started.edge.onConfiguration(() => {
    told += 1;
  });
  const { pushes } = await connectConfigurable(started, tunnel, ({ stream }) => stream.close(2));
  for (const [index, delay] of [500, 2_000, 8_000].entries()) {
    await until(() => told === index + 1);
    clock.advance(delay - 1);
    expect(clock.pending).toBeGreaterThan(0);
    expect(pushes).toHaveLength(index + 1);
    clock.advance(1);
  }
  await until(() => told === 4);
  expect(failureOf(started, tunnel)).toEqual({
    version: 1,
    reason: expect.stringContaining('could not be asked'),
  });
  clock.advance(600_000);
  reconfigure(started, tunnel, 2);
  await until(() => pushes.length === 5);
  expect(pushes.map(({ version }) => version)).toEqual([1, 1, 1, 1, 2]);
});

test('a silent connector is pinged, and the configuration is taken over when it has come to itself', async () => {
  const clock = createFakeClock();
  const started = await startEdge({ clock, pingIntervalMs: 10_000_000, configurationTimeoutMs: 3_000 });
  const tunnel = started.addTunnel({ configuration: versioned(1) });
  let awake = false;
  const { pushes, session } = await connectConfigurable(started, tunnel, (pushed) => {
    if (awake) pushed.answer();
  });
  let pinged = false;
  session.on('ping', () => {
    pinged = true;
  });
  await until(() => pushes.length === 1);
  clock.advance(3_000);
  await until(() => pinged && failureOf(started, tunnel) !== null);
  expect(failureOf(started, tunnel)).toEqual({ version: 1, reason: 'did not answer within 3000 ms' });
  awake = true;
  await until(() => {
    clock.advance(500);
    return statesOf(started, tunnel)[0]!.applied === 1;
  });
  expect(failureOf(started, tunnel)).toBeNull();
});

test('a connection that goes while its connector is asked is not asked again', async () => {
  const clock = createFakeClock();
  const started = await startEdge({ clock, pingIntervalMs: 10_000_000 });
  const tunnel = started.addTunnel({ configuration: versioned(1) });
  const { pushes } = await connectConfigurable(started, tunnel, () => {});
  await until(() => pushes.length === 1);
  reconfigure(started, tunnel, 2);
  const followed = started.edge.configured(1_000_000)!;
  started.edge.drop(tunnel.id, null);
  await followed;
  clock.advance(600_000);
  expect(clock.pending).toBe(0);
});

test.each([
  ['{"lastAppliedVersion":2,"err":null}', { applied: 2, error: null }],
  ['{"lastAppliedVersion":0}', { applied: 0, error: null }],
  ['{"lastAppliedVersion":-1,"err":{},"more":1}', { applied: -1, error: '' }],
  ['{"lastAppliedVersion":3,"err":"why"}', { applied: 3, error: 'why' }],
  ['{"lastAppliedVersion":3,"err":[1]}', { applied: 3, error: '[1]' }],
  ['{"lastAppliedVersion":3,"err":false}', { applied: 3, error: 'false' }],
  [`{"lastAppliedVersion":3,"err":"${'x'.repeat(1_000)}"}`, { applied: 3, error: 'x'.repeat(256) }],
  ['{"lastAppliedVersion":-2,"err":null}', null],
  ['{"lastAppliedVersion":2147483648,"err":null}', null],
  ['{"lastAppliedVersion":1.5,"err":null}', null],
  ['{"lastAppliedVersion":"1","err":null}', null],
  ['{"err":null}', null],
  ['[]', null],
  ['null', null],
  ['7', null],
  ['{"lastAppliedVersion":2', null],
  ['', null],
])('the answer %.60s is read strictly', (body, expected) => {
  expect(parseConfigurationAnswer(Buffer.from(body))).toEqual(expected);
});
