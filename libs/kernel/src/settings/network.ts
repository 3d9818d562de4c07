// From where a request comes, for counting those who are not known. Never: a whole address written down.

const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const v4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** The first four of the eight groups of an IPv6 address, without leading zeros; null when it is none. */
const firstHalf = (address: string): string | null => {
  if (!/^[0-9a-f:.]+$/i.test(address) || !address.includes(':')) return null;
  const [before = '', after] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [left, right] = [groups(before), groups(after ?? '')];
  const wide = (part: readonly string[]) => part.length + (part.at(-1)?.includes('.') ? 1 : 0); // ends in an IPv4 address
  const zeros = after === undefined ? 0 : Math.max(0, 8 - wide(left) - wide(right));
  const all = [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4);
  return all.map((group) => parseInt(group, 16).toString(16)).join(':');
};

/**
 * Whose requests are counted together: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has to
 * himself. `of` tells them apart, `network` is what may be written down of it: the /24 or the /64, never a whole address.
 */
export const sourceOf = (address: string): { readonly of: string; readonly network: string } => {
  const plain = mapped.exec(address)?.[1] ?? address.replace(/%.*$/, '');
  if (v4.test(plain)) return { of: plain, network: `${plain.replace(/\.\d+$/, '')}.0/24` };
  const half = firstHalf(plain);
  const network = half === null ? 'unknown' : `${half}::/64`;
  return { of: network, network };
};
