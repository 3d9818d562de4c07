import type { CredentialRef } from '@drover/kernel';
import type * as z from 'zod';

/** User and password of a provider. */
export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** Reads secrets where they are kept, each time they are used: a changed file counts at the next sign-in. */
export interface SecretSource {
  /** Throws SecretUnusable, whose sentence holds nothing of the secret. */
  credential(ref: z.output<typeof CredentialRef>): Promise<Credential>;
}

/** A secret is missing, unreadable, empty, or the one from the documentation. */
export class SecretUnusable extends Error {
  override readonly name = 'SecretUnusable';
}
