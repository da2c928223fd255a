// What goes wrong, one after the other: how it is made and mended, and of whom an alert is true meanwhile.
const DROP = 'table ip fault { chain in { type filter hook input priority 0; iifname != "lo" drop; }; }\n';

const both = (list) => (origin) => list.includes(origin);
const nobody = () => false;

/** `lasts` in seconds, `shortly` the same for a quick run, which leaves out those without; `alerts(origin)` says whether its health may be told to have changed. */
export const INCIDENTS = [
  {
    name: 'LAN interface of one connector down',
    lasts: 12,
    shortly: 5,
    alerts: nobody,
    make: ({ network }) => network.ip('a-connector1', 'link', 'set', 'lan', 'down'),
    mend: ({ network }) => network.ip('a-connector1', 'link', 'set', 'lan', 'up'),
  },
  {
    name: 'LAN cable of one connector out',
    lasts: 12,
    alerts: nobody,
    make: ({ network }) => network.ip('lan-a', 'link', 'set', 'connector1', 'down'),
    mend: ({ network }) => network.ip('lan-a', 'link', 'set', 'connector1', 'up'),
  },
  {
    name: 'address moved to another origin',
    lasts: 6,
    alerts: both(['a-vip']),
    make: ({ network }) => network.moveVip('a', 'origin1', 'origin2'),
    mend: ({ network }) => network.moveVip('a', 'origin2', 'origin1'),
  },
  {
    name: 'one origin swallows packets',
    lasts: 8,
    shortly: 4,
    // Its own addresses, and the one that it has for the service.
    alerts: both(['a-origin1', 'a-vip']),
    make: ({ network }) => network.nft('a-origin1', DROP),
    mend: ({ network }) => network.nft('a-origin1', 'delete table ip fault'),
  },
  {
    name: 'link of one connector to the edge swallows packets',
    lasts: 12,
    alerts: nobody,
    make: ({ network }) => network.nft('a-connector1', DROP.replace('!= "lo"', '"wan"')),
    mend: ({ network }) => network.nft('a-connector1', 'delete table ip fault'),
  },
  {
    name: 'a data centre lost',
    lasts: 8,
    alerts: (origin) => origin.startsWith('a-'),
    make: ({ network }) => {
      for (const name of ['a-connector1', 'a-connector2']) network.nft(name, DROP);
    },
    mend: ({ network }) => {
      for (const name of ['a-connector1', 'a-connector2']) network.nft(name, 'delete table ip fault');
    },
  },
  { name: 'restart', lasts: 8, shortly: 3, alerts: nobody, make: ({ lab }) => lab.restart(), mend() {} },
];
