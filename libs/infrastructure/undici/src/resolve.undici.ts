// Resolves a name once, and judges all of its addresses. Never: a second lookup when the socket dials; it could give another
// answer.
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { OutboundFault } from '@drover/ports';
import { addressJudge, nameOf } from './address.undici.js';

/** All addresses of a name, as the machine's own resolver knows them. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** The resolver of the operating system. */
export const systemResolve: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

const resolved = async (host: string, resolve: Resolve) => {
  try {
    return isIP(nameOf(host)) ? [nameOf(host)] : await resolve(nameOf(host));
  } catch (cause) {
    throw new OutboundFault('name_unresolved', `the name ${host} cannot be resolved`, 'no', { cause });
  }
};

/**
 * The addresses of a host that may be dialled. One bad address among them refuses them all: a mixed answer is an
 * attack.
 */
export const checkedAddresses = async (url: URL, allow: readonly string[], resolve: Resolve) => {
  const judge = addressJudge(url.hostname, allow);
  const addresses = (await resolved(url.hostname, resolve)).map((address) => address.replace(/%.*$/, ''));
  const refused = addresses.flatMap((address) => judge.refusal(address) ?? []);
  const plain = url.protocol === 'http:' && !addresses.every(judge.plain);
  const [why] = plain
    ? [...refused, 'plain HTTP goes to a loopback address that the connection allows, and nowhere else']
    : refused;
  if (why) throw new OutboundFault('address_refused', why, 'no');
  if (addresses.length === 0)
    throw new OutboundFault('name_unresolved', `the name ${url.hostname} has no address`, 'no');
  return addresses;
};

/**
 * Answers a socket's question for an address with those that were checked, so that no second lookup can say otherwise.
 */
export const answering =
  (addresses: readonly string[]): LookupFunction =>
  (_name, options, done) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = all;
    if (options.all) done(null, all);
    else done(null, first?.address ?? '', first?.family ?? 0);
  };
