import { SecretUnusable, type Credential, type SecretSource } from './secret-source.js';

/** The reference adapter: secrets in a map. */
export const memorySecretSource = (secrets: Readonly<Record<string, Credential>>): SecretSource => ({
  credential: async (ref) => {
    const found = secrets[ref];
    if (!found) throw new SecretUnusable(`${ref} does not exist`);
    return found;
  },
});
