import { expect, it } from '@jest/globals';
import { Cidr } from './cidr.js';

it.each([
  '10.0.0.1',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '10.0.0.1/32',
  '::1',
  'FD00::/8',
  '::/0',
  '::1/128',
  '::ffff:10.0.0.1',
])('%s is an address or a network', (text) => expect(Cidr.parse(text)).toBe(text));

it.each([
  ...['', 'localhost', '10.0.0', '010.0.0.1', '10.0.0.256', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/99', '/999'],
  ...['10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/1e1', '10.0.0.0/8/8', '10.0.0.0/255.0.0.0', '::1/129', 'fe80::1%eth0'],
])('%j is neither', (text) => expect(Cidr.safeParse(text).success).toBe(false));
