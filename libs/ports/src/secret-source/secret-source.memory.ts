// Secrets in a map, for specs. Never: remembered; each reading looks into the map.
import { credentialOf, SecretUnusable, type SecretSource } from './secret-source.js';

/** The reference adapter: secrets in a map. */
export const memorySecretSource = (
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
): SecretSource => ({
  credential: async (ref, schema) => {
    const found = secrets[ref];
    if (!found) throw new SecretUnusable(`${ref} does not exist`);
    return credentialOf(ref, found, schema);
  },
});
