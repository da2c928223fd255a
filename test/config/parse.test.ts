import { expect, test } from 'vitest';
import { CONNECTOR_FLAGS, type Flags, START_FLAGS } from '../../src/config/flags.js';
import { describeFlags, parseFlags, UsageError } from '../../src/config/parse.js';

const FLAGS = {
  'api-url': { value: 'URL', fallback: 'by default', alsoFrom: ['OTHER_URL'], help: 'what is asked' },
  bare: { value: 'TEXT', help: 'no default' },
  loud: { help: 'a switch' },
  edge: { value: 'HOST', repeatable: true, fallback: 'a,b', help: 'many' },
} as const satisfies Flags;

test('a flag wins over its variable, that over the other variable, and that over the default', () => {
  const env = { OFFRAMP_API_URL: 'by variable', OTHER_URL: 'by other' };
  expect(parseFlags(FLAGS, ['--api-url', 'by flag'], env)['api-url']).toBe('by flag');
  expect(parseFlags(FLAGS, [], env)['api-url']).toBe('by variable');
  expect(parseFlags(FLAGS, [], { OTHER_URL: 'by other' })['api-url']).toBe('by other');
  expect(parseFlags(FLAGS, [], {})['api-url']).toBe('by default');
  expect(parseFlags(FLAGS, [], {}).bare).toBeNull();
});

test('an empty variable counts as unset, an empty flag as given', () => {
  expect(parseFlags(FLAGS, [], { OFFRAMP_API_URL: '', OTHER_URL: 'by other' })['api-url']).toBe('by other');
  expect(parseFlags(FLAGS, ['--api-url='], { OTHER_URL: 'by other' })['api-url']).toBe('');
});

test.each([
  [[], undefined, false],
  [[], '', false],
  [[], '0', false],
  [[], 'false', false],
  [[], '1', true],
  [[], 'true', true],
  [['--loud'], 'false', true],
])('the switch with %j and the variable %j is %j', (argv, OFFRAMP_LOUD, on) => {
  expect(parseFlags(FLAGS, argv, { OFFRAMP_LOUD }).loud).toBe(on);
});

test('a repeatable flag collects; its variable and default are split at commas', () => {
  expect(parseFlags(FLAGS, ['--edge', 'x,y', '--edge=z'], { OFFRAMP_EDGE: 'v' }).edge).toEqual(['x,y', 'z']);
  expect(parseFlags(FLAGS, [], { OFFRAMP_EDGE: 'v,w' }).edge).toEqual(['v', 'w']);
  expect(parseFlags(FLAGS, [], { OFFRAMP_EDGE: ' v, w\n' }).edge).toEqual(['v', 'w']);
  expect(parseFlags(FLAGS, [], {}).edge).toEqual(['a', 'b']);
  expect(parseFlags(START_FLAGS, [], {})['api-token']).toEqual([]);
});

test.each([
  [['--nope'], {}, /--nope.*--help/],
  [['word'], {}, /word.*--help/],
  [['--api-url'], {}, /--api-url.*--help/],
  [['--loud=yes'], {}, /--loud.*--help/],
  [[], { OFFRAMP_LOUD: 'yes' }, /OFFRAMP_LOUD is "yes".*true or false/],
])('the arguments %j with the variables %j are refused', (argv, env, message) => {
  expect(() => parseFlags(FLAGS, argv, env)).toThrow(UsageError);
  expect(() => parseFlags(FLAGS, argv, env)).toThrow(message);
});

test('help shows every flag with what it takes and its default', () => {
  const help = describeFlags(FLAGS);
  expect(help).toMatch(/--api-url URL +what is asked \(by default\)/);
  expect(help).toMatch(/--loud +a switch/);
  expect(describeFlags(CONNECTOR_FLAGS).split('\n')).toHaveLength(Object.keys(CONNECTOR_FLAGS).length);
});

test.each([
  [['--memory', '--data-dir=a'], {}],
  [[], { OFFRAMP_MEMORY: '1', OFFRAMP_DATA_DIR: 'a' }],
])('the arguments %j with the variables %j contradict each other', (argv, env) => {
  expect(() => parseFlags(START_FLAGS, argv, env)).toThrow(UsageError);
  expect(() => parseFlags(START_FLAGS, argv, env)).toThrow(
    '--memory and --data-dir exclude each other: what is in memory is in no directory',
  );
});

test('of what excludes each other the command line wins over the environment', () => {
  const read = (argv: string[], env: Record<string, string>) => {
    const { memory, 'data-dir': dataDir } = parseFlags(START_FLAGS, argv, env);
    return [memory, dataDir];
  };
  expect(read(['--memory'], { OFFRAMP_DATA_DIR: '/data' })).toEqual([true, '~/.offramp']);
  expect(read(['--data-dir=a'], { OFFRAMP_MEMORY: '1' })).toEqual([false, 'a']);
  expect(read([], { OFFRAMP_MEMORY: '0', OFFRAMP_DATA_DIR: 'a' })).toEqual([false, 'a']);
});

test('a value may be negative, as far as reading it goes', () => {
  expect(parseFlags(START_FLAGS, ['--port', '-1', '--memory'], {})).toMatchObject({
    port: '-1',
    memory: true,
  });
  expect(parseFlags(START_FLAGS, ['--coordinates', '-33.9,151.2'], {}).coordinates).toBe('-33.9,151.2');
  expect(() => parseFlags(START_FLAGS, ['--memory', '-1'], {})).toThrow(UsageError);
});

test('the address of a service of Kubernetes is no port', () => {
  const env = { OFFRAMP_PORT: 'tcp://10.0.0.1:7840', OFFRAMP_HTTP_PORT: '80' };
  expect(parseFlags(START_FLAGS, [], env)).toMatchObject({ port: '7840', 'http-port': '80' });
});
