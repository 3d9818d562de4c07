// The token of a process that others call: the simulated sites ask for it, and whoever calls them sends it. Never: a token
// that is too short to be secret, or the example of the documentation.
import type { Environment } from '@drover/kernel';
import { SecretUnusable } from '@drover/ports';
import { DefaultSecret, EXAMPLE, fileUnreadable, referredTo } from './secret-text.local.js';
import { readSmallFile } from './small-file.local.js';

const textOf = (ref: string, environment: Environment) => {
  const found = referredTo(ref, environment);
  if ('text' in found) return found.text;
  try {
    return readSmallFile(found.path);
  } catch (error) {
    throw fileUnreadable(found.path, error);
  }
};

/**
 * Reads a bearer token from `file:<path>` or `env:<NAME>`, whose whole text it is. Throws SecretUnusable, and DefaultSecret
 * for one that is empty or the example of the documentation.
 */
export const readBearerToken = (ref: string, environment: Environment): string => {
  const token = textOf(ref, environment).trim();
  if (token === '' || token === EXAMPLE) throw new DefaultSecret(`${ref} is empty or the example`);
  // What a header cannot carry nobody could send; what is short is guessed.
  if (!/^[\x21-\x7e]{32,}$/.test(token)) throw new SecretUnusable(`${ref} holds no token of at least 32 characters`);
  return token;
};
