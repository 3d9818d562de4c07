// An address or a network in a setting. Never: a name of a host; what it stands for can change.
import * as z from 'zod';

/** An IPv4 or IPv6 address, or a network as an address and the length of its prefix: `10.0.0.0/8`, `fd00::/8`. */
export const Cidr = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'an address or a CIDR');
