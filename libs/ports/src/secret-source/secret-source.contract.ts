import { describe, expect, it } from '@jest/globals';
import { SecretUnusable, type Credential, type SecretSource } from './secret-source.js';

/** The laws every secret source keeps. `open` gives one that holds `kept` under `known`, and nothing under `unknown`. */
export const secretSourceContract = (
  name: string,
  open: () => Promise<{ source: SecretSource; known: string; kept: Credential; unknown: string }>,
) =>
  describe(`${name} keeps the laws of the secret source`, () => {
    it('reads what is kept under a reference', async () => {
      const { source, known, kept } = await open();
      expect(await source.credential(known)).toEqual(kept);
    });

    it('says what is wrong with a reference, and nothing of a secret', async () => {
      const { source, unknown, kept } = await open();
      const said = await source.credential(unknown).catch((error: unknown) => error);
      expect(said).toBeInstanceOf(SecretUnusable);
      expect(String(said)).not.toContain(kept.password);
    });
  });
