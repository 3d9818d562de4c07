// The laws of a source of secrets: it reads anew each time, and an error says what is wrong and nothing of the secret.
// Never: a law that looks at the sentence alone; a log prints the cause as well.
import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import * as z from 'zod';
import { lawsApart, type Laws } from '../laws/testing.js';
import { SecretUnusable, type SecretSource } from './secret-source.js';

const Password = z.object({ username: z.string().min(1), password: z.string().min(1) });
const Token = z.object({ token: z.string().min(1) });

/** What the suite runs on: a source that holds `kept` under `known`, and nothing under `unknown`. */
export interface SecretSourceBench {
  readonly source: SecretSource;
  readonly known: string;
  readonly kept: z.output<typeof Password>;
  readonly unknown: string;
  /** Keeps another secret under `known`, where the source is one that changes. */
  change?(to: z.output<typeof Password>): Promise<void>;
}

/** The laws every secret source keeps, each with its test. */
export const secretSourceLaws = {
  'reads what is kept under a reference': async ({ source, known, kept }) =>
    expect(await source.credential(known, Password)).toEqual(kept),

  'reads it each time, so that a changed one counts': async ({ source, known, kept, change }) => {
    await source.credential(known, Password);
    const now = change ? { ...kept, password: 'another horse' } : kept;
    await change?.(now);
    expect(await source.credential(known, Password)).toEqual(now);
  },

  'says what is wrong with a reference, and nothing of a secret': async ({ source, unknown, kept }) => {
    const said: unknown = await source.credential(unknown, Password).catch((error: unknown) => error);
    expect(said).toBeInstanceOf(SecretUnusable);
    expect(String(said)).toContain(unknown.replace(/^\w+:/, ''));
    expect(inspect(said)).not.toContain(kept.password); // not in a cause either
  },

  'names the members that are due in a secret of another shape, and nothing of it': async ({ source, known, kept }) => {
    const said: unknown = await source.credential(known, Token).catch((error: unknown) => error);
    expect(said).toBeInstanceOf(SecretUnusable);
    expect(String(said)).toMatch(/ does not hold token$/);
    expect(inspect(said)).not.toContain(kept.password);
  },
} satisfies Laws<SecretSourceBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const secretSourceContract = (name: string, open: () => Promise<SecretSourceBench>) =>
  lawsApart(`${name} keeps the laws of the secret source`, secretSourceLaws, open);
