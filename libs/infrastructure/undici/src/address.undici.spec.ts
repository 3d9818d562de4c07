import { describe, expect, it } from '@jest/globals';
import { addressJudge } from './address.undici.js';

const refused = (address: string, allow: readonly string[] = [], host = 'vcenter.example.test') =>
  addressJudge(host, allow).refusal(address) !== null;

describe('what is always denied', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '::',
    '::1',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
  ])('%s is, without an allow-list and with one that is wide', (address) => {
    expect(refused(address)).toBe(true);
    expect(refused(address, ['0.0.0.0/0', '::/0', '::ffff:0:0/96', 'vcenter.example.test'])).toBe(true);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.0/8', '127.1.2.3'],
    ['localhost', '127.0.0.1'],
    ['localhost', '::1'],
    ['169.254.10.0/24', '169.254.10.7'],
    ['fe80::/64', 'fe80::1'],
  ])('%s in the list opens %s', (entry, address) => expect(refused(address, [entry])).toBe(false));

  it('opens what was named and nothing beside it', () => {
    expect(refused('127.0.0.2', ['127.0.0.1'])).toBe(true);
    expect(refused('169.254.169.254', ['127.0.0.0/8'])).toBe(true);
  });

  it('is everything that is no address', () => expect(refused('vcenter')).toBe(true));
});

describe('the allow-list', () => {
  it('allows any other address when it is empty', () => {
    expect(refused('10.1.2.3')).toBe(false);
    expect(refused('2001:db8::7')).toBe(false);
  });

  it.each([
    ['10.1.0.0/16', '10.1.2.3', false],
    ['10.1.0.0/16', '10.2.2.3', true],
    ['10.1.0.0/16', '::ffff:10.1.2.3', false],
    ['10.1.2.3', '10.1.2.3', false],
    ['2001:db8::/32', '2001:db8::7', false],
    ['2001:db8::/32', '10.1.2.3', true],
    ['VCenter.example.test.', '10.1.2.3', false],
    ['other.example.test', '10.1.2.3', true],
  ])('%s and %s: refused is %s', (entry, address, expected) => expect(refused(address, [entry])).toBe(expected));

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '10.0.0.0/-1', ''])('a slip (%p) allows nothing', (entry) =>
    expect(refused('10.0.0.1', [entry])).toBe(true),
  );
});

it.each([
  [['127.0.0.1'], '127.0.0.1', true],
  [['localhost'], '127.0.0.1', true],
  [[], '127.0.0.1', false],
  [['10.0.0.0/8'], '10.0.0.1', false],
  [['169.254.10.7'], '169.254.10.7', false],
])('plain HTTP with %p allowed goes to %s: %s', (allow, address, expected) =>
  expect(addressJudge('x', allow).plain(address)).toBe(expected),
);
