// Every listener of the program on a port that nobody else has: what else runs on the machine is not in the way.
export const FREE_PORTS = ['', 'edge-', 'http-', 'https-', 'dns-', 'private-'].flatMap((name) => [
  `--${name}port`,
  '0',
]);
