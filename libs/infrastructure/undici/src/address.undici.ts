// Which addresses a connection may reach: what its `allow` opens, above a floor that stays closed (loopback, link-local,
// metadata). Never: judge a host name instead of the addresses it resolves to, or open the floor for a range that is wider
// than it.
import { BlockList, isIP } from 'node:net';
import { Cidr } from '@drover/kernel';

/**
 * Networks that no answer of a name server may lead into: this host, its neighbours on the link, metadata, everybody.
 */
const FLOOR = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '100.100.100.200',
  '168.63.129.16',
  '::/96',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::254',
  // With an IPv4 address inside, reached through a gateway:
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
];

/** An address or a network as its parts; nothing when the text is neither, so that a slip in a list allows nothing. */
const rangeOf = (text: string) => {
  if (!Cidr.safeParse(text).success) return null;
  const [address = '', length] = text.split('/');
  const family = isIP(address) === 6 ? ('ipv6' as const) : ('ipv4' as const);
  return { address, prefix: Number(length ?? (family === 'ipv6' ? 128 : 32)), family };
};
const rangesOf = (texts: readonly string[]) => texts.flatMap((text) => rangeOf(text) ?? []);

type Range = ReturnType<typeof rangesOf>[number];
const listOf = (ranges: readonly Range[]) => {
  const list = new BlockList();
  for (const { address, prefix, family } of ranges) list.addSubnet(address, prefix, family);
  return list;
};
// An IPv4 address that is spelled as IPv6 (`::ffff:127.0.0.1`) is checked against the IPv4 networks, too: BlockList
// does that.
const holds = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

const floor = rangesOf(FLOOR).map((range) => ({ ...range, list: listOf([range]) }));
const loopback = listOf(rangesOf(['127.0.0.0/8', '::1']));

/**
 * Whether a range lies inside one that is always denied. One that is wider than that, or spelled otherwise, does not.
 */
const insideFloor = ({ address, prefix, family }: Range) =>
  floor.some((denied) => denied.family === family && prefix >= denied.prefix && holds(denied.list, address));

/** A host name in one spelling: lower case, without the dot at its end and the brackets of an IPv6 address. */
export const nameOf = (host: string) =>
  host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1');

/**
 * Judges the addresses that a host's name was resolved to. What is always denied opens only to a range of the
 * allow-list that lies inside it: `127.0.0.1` opens loopback; `0.0.0.0/0` does not, and the name of a host does not
 * either, but for `localhost`, which stands for its two addresses.
 */
export const addressJudge = (host: string, allow: readonly string[]) => {
  const ranges = rangesOf(allow.flatMap((entry) => (nameOf(entry) === 'localhost' ? ['127.0.0.1', '::1'] : [entry])));
  const listed = listOf(ranges);
  const opened = listOf(ranges.filter(insideFloor));
  const named = allow.length === 0 || allow.some((entry) => nameOf(entry) === nameOf(host));
  const refusal = (address: string) => {
    if (isIP(address) === 0) return `${address} is not an address`;
    if (floor.some(({ list }) => holds(list, address)) && !holds(opened, address))
      return `${address} is denied unless the connection allows it by its address`;
    return named || holds(listed, address) ? null : `${address} is not among what the connection allows`;
  };
  return {
    /** Why the address may not be dialled; nothing when it may. */
    refusal,
    /** Whether it is loopback, and named: the only place plain HTTP goes to. */
    plain: (address: string) => holds(loopback, address) && holds(opened, address),
  };
};
