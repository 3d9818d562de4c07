// The port to where secrets are kept. An adapter of a provider says what its secret must hold; the source reads and checks
// it. Never: a secret that is kept after its use, or quoted in an error.
import type { CredentialRef } from '@drover/kernel';
import type * as z from 'zod';

/** What the secret of a provider holds, which its adapter says: JSON, an object of texts such as user and password, or a token. */
export type CredentialSchema = z.ZodObject<Readonly<Record<string, z.ZodString>>>;

/** Reads secrets where they are kept, each time they are used: a changed file counts at the next sign-in. */
export interface SecretSource {
  /** Throws SecretUnusable, whose sentence holds nothing of the secret. */
  credential<Schema extends CredentialSchema>(
    ref: z.output<typeof CredentialRef>,
    schema: Schema,
  ): Promise<z.output<Schema>>;
}

/** A secret is missing, unreadable, empty, of another shape, or the one from the documentation. */
export class SecretUnusable extends Error {
  override readonly name = 'SecretUnusable';
}

/** Reads a secret as its adapter needs it, and names the members that are due when it does not fit. */
export const credentialOf = <Schema extends CredentialSchema>(
  ref: string,
  content: unknown,
  schema: Schema,
): z.output<Schema> => {
  const read = schema.safeParse(content);
  if (read.success) return read.data;
  throw new SecretUnusable(`${ref} does not hold ${Object.keys(schema.shape).join(' and ')}`);
};
