// Runs the steps of the Dockerfile where there is no Docker, and starts what comes out as a container would: read-only but for /data and /tmp, by
// its user, without capabilities, in a network of its own. Each stage is this machine's own files with a layer over them, so it takes Linux and
// root, and a Node like the image's; what it shows is that the steps are right, and how large our layer is.
//
//   npm run dockerfile
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ignoredBy, instructionsOf } from './dockerfile.mjs';
import { readArguments } from './support/arguments.mjs';

readArguments(import.meta.filename);

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MOST_MB = 30;
const READY_MS = 60_000;
/** The image's user, by the number that it has there. */
const NODE = 1000;

if (process.platform !== 'linux' || process.getuid() !== 0) {
  console.error('The steps of the Dockerfile take Linux and root: every stage is a mount of its own.');
  process.exit(2);
}
if (process.env.OFFRAMP_STEPS_INSIDE === undefined) {
  // Mounts that nobody else sees, and that are gone with this process.
  const { status } = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', process.execPath, fileURLToPath(import.meta.url)],
    { stdio: 'inherit', env: { ...process.env, OFFRAMP_STEPS_INSIDE: '1' } },
  );
  process.exit(status ?? 1);
}

const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-image-'));
const ignored = ignoredBy(readFileSync(path.join(ROOT, '.dockerignore'), 'utf8'));
const stages = [];
try {
  for (const step of instructionsOf(readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8'))) carryOut(step);
  const image = stages.at(-1);
  const megabytes = compressedBytes(image) / 1e6;
  console.log(`our layer: ${megabytes.toFixed(1)} MB compressed`);
  if (megabytes > MOST_MB) throw new Error(`it has at most ${MOST_MB} MB`);
  await runContainer(image);
} finally {
  for (const { merged } of stages) spawnSync('umount', ['--recursive', '--lazy', merged]);
  rmSync(work, { recursive: true, force: true });
}

function carryOut({ word, rest, json, flags }) {
  const stage = stages.at(-1);
  const steps = {
    FROM: () => stages.push(newStage(rest.split(/\s+AS\s+/i)[1] ?? null)),
    WORKDIR: () => {
      stage.cwd = path.posix.resolve(stage.cwd, rest);
      mkdirSync(stage.merged + stage.cwd, { recursive: true });
    },
    ENV: () => {
      for (const [, name, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[name] = value;
    },
    COPY: () => copy(stage, rest.split(/\s+/), flags.from),
    RUN: () => {
      console.log(`RUN ${rest}`);
      check(spawnSync('chroot', inside(stage, ['/bin/sh', '-ec', rest]), { stdio: 'inherit' }), rest);
    },
    USER: () => {
      stage.user = rest;
    },
    VOLUME: () => stage.volumes.push(rest),
    EXPOSE: () => undefined,
    HEALTHCHECK: () => {
      stage.healthcheck = json;
    },
    ENTRYPOINT: () => {
      stage.entrypoint = json;
    },
    CMD: () => {
      stage.command = json;
    },
  };
  if (!Object.hasOwn(steps, word)) throw new Error(`the Dockerfile has ${word}, which is not played here`);
  steps[word]();
}

/** This machine's files under a layer that takes what is changed. */
function newStage(name) {
  const folder = path.join(work, `stage-${stages.length}`);
  const [upper, private_, merged] = ['upper', 'work', 'merged'].map((part) => path.join(folder, part));
  for (const part of [upper, private_, merged]) mkdirSync(part, { recursive: true });
  mount(['-t', 'overlay', 'overlay', '-o', `lowerdir=/,upperdir=${upper},workdir=${private_}`, merged]);
  mount(['--bind', '/dev', `${merged}/dev`]);
  mount(['-t', 'proc', 'proc', `${merged}/proc`]);
  if (!/^node:/m.test(readFileSync('/etc/passwd', 'utf8'))) {
    appendFileSync(`${merged}/etc/passwd`, `node:x:${NODE}:${NODE}::/home/node:/bin/sh\n`);
    appendFileSync(`${merged}/etc/group`, `node:x:${NODE}:\n`);
  }
  return { name, upper, merged, cwd: '/', env: {}, user: 'root', volumes: [] };
}

function copy(stage, words, from) {
  const [sources, to] = [words.slice(0, -1), words.at(-1)];
  const origin = from ? stages.find(({ name }) => name === from).merged : ROOT;
  for (const source of sources) {
    if (!from && ignored(source)) throw new Error(`COPY ${source}: .dockerignore leaves it out`);
    const file = path.join(origin, source);
    const target = path.join(stage.merged, path.posix.resolve(stage.cwd, to));
    const isFile = statSync(file).isFile();
    cpSync(file, isFile && to.endsWith('/') ? path.join(target, path.basename(source)) : target, {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
}

/** Arguments of chroot that run a command in a stage, with nothing of our own environment. */
function inside(stage, command, user = []) {
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    ...stage.env,
  };
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const go = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', stage.cwd];
  return [stage.merged, ...user, '/usr/bin/env', '-i', ...variables, ...go, ...command];
}

function compressedBytes({ upper }) {
  const packed = path.join(work, 'layer.tar.gz');
  // The user that the base image has, and this machine may lack.
  check(spawnSync('tar', ['-czf', packed, '--exclude=./etc', '-C', upper, '.'], { stdio: 'inherit' }), 'tar');
  return statSync(packed).size;
}

async function runContainer(image) {
  mount(['-o', 'remount,ro', image.merged]);
  mount(['-t', 'tmpfs', 'tmpfs', `${image.merged}/tmp`]);
  for (const volume of image.volumes) {
    const data = path.join(work, `volume${volume.replaceAll('/', '-')}`);
    // A new volume has the owner and the mode of what the image has there.
    cpSync(image.merged + volume, data, { recursive: true });
    check(spawnSync('chown', [`--reference=${image.merged + volume}`, data]), 'chown');
    check(spawnSync('chmod', [`--reference=${image.merged + volume}`, data]), 'chmod');
    mount(['--bind', data, image.merged + volume]);
  }
  const user = ['/usr/bin/setpriv', `--reuid=${NODE}`, `--regid=${NODE}`, '--clear-groups'];
  user.push('--bounding-set=-all', '--inh-caps=-all', '--no-new-privs');
  const start = inside(image, [...image.entrypoint, ...image.command], user);
  const network = ['--net', '/bin/sh', '-c', 'ip link set lo up && exec chroot "$@"', 'sh'];
  const container = spawn('unshare', [...network, ...start], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [container.stdout, container.stderr])
    stream.on('data', (chunk) => {
      log += chunk;
    });
  const exited = once(container, 'exit');
  const exec = (command) =>
    spawnSync('nsenter', [`--net=/proc/${container.pid}/ns/net`, 'chroot', ...inside(image, command, user)], {
      encoding: 'utf8',
    });
  try {
    const deadline = performance.now() + READY_MS;
    while (exec(image.healthcheck).status !== 0) {
      if (container.exitCode !== null || performance.now() > deadline)
        throw new Error(`the container is not healthy:\n${log}`);
      await delay(500);
    }
    const { stdout, stderr } = exec(['offramp', 'env']);
    const token = /CLOUDFLARE_API_TOKEN='([0-9a-f]{64})'/.exec(stdout)?.[1];
    if (!token) throw new Error(`offramp env knows no token: ${stdout}${stderr}`);
    const { mode, uid } = statSync(`${image.merged}/data/api-token`);
    if ((mode & 0o777) !== 0o600 || uid !== NODE) throw new Error('others can read the token');
    if (log.includes(token) || !log.includes('/data/api-token'))
      throw new Error(`the log has the token, or not where it is:\n${log}`);
  } finally {
    container.kill('SIGTERM');
  }
  const [code] = await exited;
  if (code !== 0) throw new Error(`the container ended with code ${code}:\n${log}`);
  console.log(
    'healthy, read-only, without capabilities; its token is told by offramp env and by no log; SIGTERM ends it with 0',
  );
}

function mount(args) {
  check(spawnSync('mount', args, { stdio: 'inherit' }), `mount ${args.join(' ')}`);
}

function check({ status, error }, what) {
  if (status !== 0) throw new Error(`${what}: ${error?.message ?? `code ${status}`}`);
}
