import { expect, test } from 'vitest';
import { createLocations, NOWHERE, parseLocations, placeFrom } from '../../src/net/locations.js';

const FILE = `network,country,region,latitude,longitude
# offices
10.0.0.0/8,DE,WEU,52.5,13.4

10.1.0.0/16, US , ENAM ,40.7,-74
2001:db8::/32,JP,,,
192.0.2.7,,OC,-33.9,151.2
`;

test('an address is where the longest network that covers it is', () => {
  const locations = createLocations(parseLocations(FILE));
  expect(locations.lookup('10.9.9.9')).toEqual({
    country: 'DE',
    region: 'WEU',
    latitude: 52.5,
    longitude: 13.4,
  });
  expect(locations.lookup('10.1.2.3')?.country).toBe('US');
  expect(locations.lookup('2001:DB8::1')).toEqual({
    country: 'JP',
    region: '',
    latitude: null,
    longitude: null,
  });
  expect(locations.lookup('192.0.2.7')?.country).toBe('XX');
  expect(locations.lookup('192.0.2.8')).toBeNull();
  expect(locations.lookup('no address')).toBeNull();
});

test('a file may be empty, end its lines as Windows does, and have no names of columns', () => {
  expect(parseLocations('')).toEqual([]);
  const [one] = parseLocations('192.0.2.0/24,DE,,,\r\n');
  expect(one).toMatchObject({ network: { text: '192.0.2.0/24' }, location: { country: 'DE' } });
});

test.each([
  ['10.0.0.0/8,DE', 'line 1: it has 2 columns; it takes 5: network,country,region,latitude,longitude'],
  ['\n10.0.0.1/8,DE,,,', 'line 2: the network is "10.0.0.1/8"; it takes 10.0.0.0/8'],
  ['x,DE,,,', 'line 1: the network is "x"; it takes a network such as 192.0.2.0/24 or 2001:db8::/32'],
  ['10.0.0.0/8,Germany,,,', 'line 1: the country is "Germany"; it takes two capital letters, or nothing'],
  ['10.0.0.0/8,DE,weu,,', 'line 1: the region is "weu"; it takes a region code such as WEU, or nothing'],
  [
    '10.0.0.0/8,DE,,91,0',
    'line 1: latitude and longitude are "91" and "0"; they take degrees such as 52.5 and 13.4',
  ],
  [
    '10.0.0.0/8,DE,,52.5,',
    'line 1: latitude and longitude are "52.5" and ""; they take degrees such as 52.5 and 13.4',
  ],
  ['10.0.0.0/8,DE,,,\n10.0.0.0/8,US,,,', 'line 2: 10.0.0.0/8 stands in line 1 already'],
])('the file %j is refused with the line and what is wrong in it', (text, message) => {
  expect(() => parseLocations(text)).toThrow(message);
});

test('a proxied request is served at home and comes from the country of its client where that is known', () => {
  const home = { ...NOWHERE, pop: 'FRA', country: 'DE', region: 'WEU' };
  const locations = createLocations(parseLocations(FILE));
  expect(placeFrom(home, locations.lookup('10.1.0.1'))).toEqual({ ...home, country: 'US' });
  expect(placeFrom(home, locations.lookup('192.0.2.7'))).toEqual(home);
  expect(placeFrom(home, locations.lookup('198.51.100.1'))).toEqual(home);
});
