import { readFile, stat } from 'node:fs/promises';
import type { Environment } from '@drover/kernel';
import { SecretUnusable, type SecretSource } from '@drover/ports';
import * as z from 'zod';
import { requireSmallFile } from './small-file.local.js';

/** The only example of a secret in the documentation. Whoever kept it has not set one. */
export const EXAMPLE = 'change-me';

const credential = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** A secret that must not stand: empty, or the example from the documentation. It stops the start. */
export class DefaultSecret extends SecretUnusable {}

/** Reads `file:<path>` and `env:<NAME>` of an environment that is handed in; both hold {"username", "password"} as JSON. */
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
    credential: async (ref) => {
      const text = await textOf(ref);
      let content: unknown;
      try {
        content = JSON.parse(text);
      } catch {
        if (text.trim() === '' || text.trim() === EXAMPLE) throw new DefaultSecret(`${ref} is empty or the example`);
        throw new SecretUnusable(`${ref} is not JSON`); // the parser's own words quote the text
      }
      const { password } = (content ?? {}) as { password?: unknown };
      if (password === '' || password === EXAMPLE)
        throw new DefaultSecret(`the password of ${ref} is empty or the example`);
      const read = credential.safeParse(content);
      if (!read.success) throw new SecretUnusable(`${ref} does not hold username and password`);
      return read.data;
    },
  };
};
