// Secrets from files and variables, read each time that one is used. Never: the words of the JSON parser in an error; they
// quote the secret.
import { readFile, stat } from 'node:fs/promises';
import type { Environment } from '@drover/kernel';
import { credentialOf, SecretUnusable, type SecretSource } from '@drover/ports';
import { DefaultSecret, EXAMPLE, fileUnreadable, referredTo } from './secret-text.local.js';
import { requireSmallFile } from './small-file.local.js';

/** Reads `file:<path>` and `env:<NAME>` of an environment that is handed in; both hold JSON of the shape that is asked for. */
export const localSecretSource = (environment: Environment): SecretSource => {
  const textOf = async (ref: string) => {
    const found = referredTo(ref, environment);
    if ('text' in found) return found.text;
    const { path } = found;
    try {
      requireSmallFile(path, await stat(path));
      return await readFile(path, 'utf8'); // not at once, as for a start: a file of a network may take long
    } catch (error) {
      throw fileUnreadable(path, error);
    }
  };
  return {
    credential: async (ref, schema) => {
      const text = await textOf(ref);
      let content: unknown;
      try {
        content = JSON.parse(text);
      } catch {
        if (text.trim() === '' || text.trim() === EXAMPLE) throw new DefaultSecret(`${ref} is empty or the example`);
        throw new SecretUnusable(`${ref} is not JSON`); // the parser's own words quote the text
      }
      const held = (content ?? {}) as Readonly<Record<string, unknown>>;
      const unset = Object.keys(schema.shape).find((member) => held[member] === '' || held[member] === EXAMPLE);
      if (unset !== undefined) throw new DefaultSecret(`the ${unset} of ${ref} is empty or the example`);
      return credentialOf(ref, content, schema);
    },
  };
};
