// Network namespaces for two data centres: each has a LAN with two connectors and two origins, and each connector a link of its
// own to the place where Offramp runs (`core`). Nothing outside of them is touched. Linux and root only.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const CENTRES = ['a', 'b'];
/** Host names inside a data centre, and the last part of their address in its LAN. */
const MEMBERS = { connector1: 2, connector2: 3, origin1: 11, origin2: 12 };
/** The address that one of the origins has at a time, on an interface of its own that can be moved. */
const VIP = 10;

/**
 * An interface answers for its own addresses alone, and tells the LAN when it comes up: otherwise neighbours would keep on sending
 * packets for one address to the interface of the other.
 */
const ARP = ['all.arp_ignore=1', 'all.arp_announce=2', 'default.arp_notify=1', 'all.arp_notify=1'].map(
  (setting) => `net.ipv4.conf.${setting}`,
);

/** Why the namespaces cannot be made here; null when they can. */
export function whyNot() {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid() !== 0) return 'network namespaces need root';
  if (!['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'].some(existsSync)) return 'ip (iproute2) is not installed';
  if (!['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft'].some(existsSync))
    return 'nft (nftables) is not installed';
  try {
    const name = `probe-${process.pid}`;
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return null;
  } catch (error) {
    return `network namespaces cannot be made: ${error.message}`;
  }
}

export function ip(...args) {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
}

/** `prefix` keeps two runs on one machine apart. */
export function createNetwork(prefix) {
  const space = (name) => `${prefix}-${name}`;
  const spaces = ['core', ...CENTRES.flatMap((centre) => membersOf(centre).map(({ host }) => host))];
  const lans = CENTRES.map((centre) => `lan-${centre}`);

  const inside = (name, ...command) =>
    execFileSync('ip', ['netns', 'exec', space(name), ...command], { stdio: 'pipe' });

  /** One cable: an interface in each of two namespaces. */
  function connect([left, leftName], [right, rightName]) {
    ip(
      'link',
      'add',
      leftName,
      'netns',
      space(left),
      'type',
      'veth',
      'peer',
      'name',
      rightName,
      'netns',
      space(right),
    );
    ip('-n', space(left), 'link', 'set', leftName, 'up');
    ip('-n', space(right), 'link', 'set', rightName, 'up');
  }

  function build() {
    for (const name of [...spaces, ...lans]) {
      ip('netns', 'add', space(name));
      for (const setting of ARP) inside(name, 'sysctl', '-qw', setting);
      ip('-n', space(name), 'link', 'set', 'lo', 'up');
    }
    CENTRES.forEach((centre, at) => {
      const lan = `lan-${centre}`;
      ip('-n', space(lan), 'link', 'add', 'bridge', 'type', 'bridge');
      ip('-n', space(lan), 'link', 'set', 'bridge', 'up');
      for (const { host, name, address } of membersOf(centre)) {
        connect([host, 'lan'], [lan, name]);
        ip('-n', space(lan), 'link', 'set', name, 'master', 'bridge');
        ip('-n', space(host), 'addr', 'add', `${address}/24`, 'dev', 'lan');
        if (!name.startsWith('connector')) continue;
        const subnet = `198.18.${at * 10 + MEMBERS[name]}`;
        connect([host, 'wan'], ['core', host]);
        ip('-n', space(host), 'addr', 'add', `${subnet}.2/24`, 'dev', 'wan');
        ip('-n', space('core'), 'addr', 'add', `${subnet}.1/24`, 'dev', host);
      }
      connect([`${centre}-origin1`, 'vip'], [lan, 'vip']);
      ip('-n', space(lan), 'link', 'set', 'vip', 'master', 'bridge');
      ip('-n', space(`${centre}-origin1`), 'addr', 'add', `${lanAddress(centre, VIP)}/24`, 'dev', 'vip');
    });
  }

  return {
    build,
    /** The words before a command that make it run in there. */
    inside: (name) => ['ip', 'netns', 'exec', space(name)],
    /** `ip` in there. */
    ip: (name, ...args) => ip('-n', space(name), ...args),
    nft: (name, rules) =>
      execFileSync('ip', ['netns', 'exec', space(name), 'nft', '-f', '-'], { input: rules, stdio: 'pipe' }),
    /** The interface of the address goes to another origin of the data centre, with its hardware address. */
    moveVip(centre, from, to) {
      ip('-n', space(`${centre}-${from}`), 'link', 'set', 'vip', 'netns', space(`${centre}-${to}`));
      ip('-n', space(`${centre}-${to}`), 'addr', 'add', `${lanAddress(centre, VIP)}/24`, 'dev', 'vip');
      ip('-n', space(`${centre}-${to}`), 'link', 'set', 'vip', 'up');
    },
    /** The address of the edge as this connector sees it. */
    coreAddressFor: (centre, connector) => `198.18.${CENTRES.indexOf(centre) * 10 + MEMBERS[connector]}.1`,
    remove() {
      for (const name of [...spaces, ...lans])
        try {
          ip('netns', 'del', space(name));
        } catch {
          // It was not made.
        }
    },
  };
}

export const lanAddress = (centre, last) => `10.${CENTRES.indexOf(centre) + 1}.0.${last}`;
export const originAddress = (centre, name) => lanAddress(centre, name === 'vip' ? VIP : MEMBERS[name]);

function membersOf(centre) {
  return Object.entries(MEMBERS).map(([name, last]) => ({
    name,
    host: `${centre}-${name}`,
    address: lanAddress(centre, last),
  }));
}
