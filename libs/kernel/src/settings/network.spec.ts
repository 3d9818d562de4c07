import { expect, it } from '@jest/globals';
import { sourceOf } from './network.js';

it.each([
  ['192.0.2.17', '192.0.2.17', '192.0.2.0/24'],
  ['::ffff:192.0.2.17', '192.0.2.17', '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001::6', '2001:db8:1:0::/64', '2001:db8:1:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.17', '64:ff9b:0:0::/64', '64:ff9b:0:0::/64'],
  ['a proxy said this', 'unknown', 'unknown'],
])('K15: counts %s under %s and writes down %s', (address, of, network) =>
  expect(sourceOf(address)).toEqual({ of, network }),
);
