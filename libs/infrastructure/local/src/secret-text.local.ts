// What a reference to a secret leads to, shared by secrets that are JSON and tokens that are text. Never: what was found in
// an error, only where it was looked for.
import type { Environment } from '@drover/kernel';
import { SecretUnusable } from '@drover/ports';

/** The only example of a secret in the documentation. Whoever kept it has not set one. */
export const EXAMPLE = 'change-me';

/** A secret that must not stand: empty, or the example from the documentation. It stops the start. */
export class DefaultSecret extends SecretUnusable {}

/** What `env:<NAME>` or `file:<path>` refers to: the text of the variable, or where the file is. Throws SecretUnusable. */
export const referredTo = (
  ref: string,
  environment: Environment,
): { readonly text: string } | { readonly path: string } => {
  const place = ref.slice(ref.indexOf(':') + 1);
  if (!ref.startsWith('env:')) return { path: place };
  const text = environment[place];
  if (text === undefined) throw new SecretUnusable(`the variable ${place} is not set`);
  return { text };
};

/** That the file of a secret cannot be read. */
export const fileUnreadable = (path: string, error: unknown) => {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return new SecretUnusable(`the file ${path} cannot be read (${code})`);
};
