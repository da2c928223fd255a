// Whoever runs it meanwhile: changes of the configuration, and a connector that is replaced now and then.
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function changes(lab, note) {
  let turn = 0;
  return async () => {
    const pool = lab.pools[turn % lab.pools.length];
    const path = `${lab.account}/load_balancers/pools/${pool.id}`;
    const [origin] = pool.origins;
    turn += 1;
    // One pool at a time, so that there is always a place to go.
    await lab.api('PATCH', path, { origins: [{ ...withoutTimes(origin), enabled: false }] });
    await sleep(200);
    await lab.api('PATCH', path, { origins: [{ ...withoutTimes(origin), enabled: true }] });
    await sleep(1_500);
    note('changed');
  };
}

const withoutTimes = ({ disabled_at, ...origin }) => origin;

export function connectors(lab, note) {
  let current = null;
  return async () => {
    const next = await lab.connect();
    current?.kill('SIGTERM');
    current = next;
    note('replaced');
    await sleep(15_000);
  };
}
