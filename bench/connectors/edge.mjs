// The program that connectors dial, with tunnels that are made through its API. It can be killed and started again on the same port.
import { callApi, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { freePort } from '../support/processes.mjs';
import { withHeaps } from './heaps.mjs';

const WRITERS = 8;

export async function openEdge() {
  const [dataDir, port] = [temporaryDirectory(), await freePort()];
  const start = async () => {
    const { env, memory } = withHeaps();
    const offramp = await startOfframp({ dataDir, env, flags: ['--edge-port', String(port)] });
    return { ...offramp, memory, at: Date.now() };
  };
  let running = await start();
  return {
    port,
    address: `127.0.0.1:${port}`,
    caFile: running.ready.edge_ca,
    get pid() {
      return running.pid;
    },
    memory: () => running.memory(),
    /** Resolves with the tokens of so many new tunnels. */
    createTunnels: (count) => createTunnels(running, count),
    kill: () => running.kill(),
    /** Resolves with the moment at which it is ready. */
    async startAgain() {
      running = await start();
      return running.at;
    },
  };
}

async function createTunnels(offramp, count) {
  const tunnels = `/accounts/${offramp.ready.account_id}/cfd_tunnel`;
  const tokens = [];
  let next = 0;
  const write = async () => {
    while (next < count) {
      const body = { name: `tunnel-${next++}`, config_src: 'local' };
      const { id } = await callApi(offramp, 'POST', tunnels, body);
      tokens.push(await callApi(offramp, 'GET', `${tunnels}/${id}/token`));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return tokens;
}
