// Compares secrets. Never: a comparison that ends earlier where more is wrong.
import { hash, timingSafeEqual } from 'node:crypto';

const digestOf = (secret: string) => hash('sha256', secret, 'buffer');

/**
 * Tells one secret from every other text. Hashes are compared, in constant time: how long it takes says nothing of the
 * secret, not even its length.
 */
export const isSecret = (secret: string): ((given: string) => boolean) => {
  const expected = digestOf(secret);
  return (given) => timingSafeEqual(digestOf(given), expected);
};
