import { readFile, stat } from 'node:fs/promises';
import type { Environment } from '@drover/kernel';
import { credentialOf, SecretUnusable, type SecretSource } from '@drover/ports';
import { requireSmallFile } from './small-file.local.js';

/** The only example of a secret in the documentation. Whoever kept it has not set one. */
export const EXAMPLE = 'change-me';

/** A secret that must not stand: empty, or the example from the documentation. It stops the start. */
export class DefaultSecret extends SecretUnusable {}

/** Reads `file:<path>` and `env:<NAME>` of an environment that is handed in; both hold JSON of the shape that is asked for. */
export const localSecretSource = (environment: Environment): SecretSource => {
  const textOf = async (ref: string) => {
    const place = ref.slice(ref.indexOf(':') + 1);
    if (ref.startsWith('env:')) {
      const text = environment[place];
      if (text === undefined) throw new SecretUnusable(`the variable ${place} is not set`);
      return text;
    }
    try {
      requireSmallFile(place, await stat(place));
      return await readFile(place, 'utf8');
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      throw new SecretUnusable(`the file ${place} cannot be read (${code})`);
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
