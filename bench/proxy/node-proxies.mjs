// Contenders that are a script of Node with the arguments port and origin port.
import { freePort, startListening } from '../support/processes.mjs';

export async function startNodeProxy(script, { originPort, cpu }, ...more) {
  const port = await freePort();
  const args = [script, port, originPort, ...more].map(String);
  const { pid } = await startListening({ command: process.execPath, args, port, cpu });
  return { pid, http: port };
}
