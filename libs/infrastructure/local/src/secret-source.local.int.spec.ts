import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { SecretUnusable } from '@drover/ports';
import { secretSourceContract } from '@drover/ports/testing';
import * as z from 'zod';
import { localSecretSource } from './secret-source.local.js';
import { DefaultSecret } from './secret-text.local.js';

const Password = z.object({ username: z.string().min(1), password: z.string().min(1) });
const Token = z.object({ token: z.string().min(1) });
const dir = mkdtempSync(join(tmpdir(), 'drover-secrets-'));
afterAll(() => rmSync(dir, { recursive: true }));
const kept = { username: 'ana', password: 'correct horse' };
const file = join(dir, 'lab.json');
writeFileSync(file, JSON.stringify(kept));
const source = localSecretSource({
  LAB: JSON.stringify(kept),
  BROKEN: 'correct horse',
  EMPTY: '',
  EXAMPLE: 'change-me',
});

secretSourceContract('local file', async () => ({
  source,
  known: `file:${file}`,
  kept,
  unknown: `file:${dir}/nowhere`,
}));
secretSourceContract('local variable', async () => ({ source, known: 'env:LAB', kept, unknown: 'env:NOBODY' }));

it('reads a file each time, so that a changed one counts', async () => {
  const changed = { ...kept, password: 'other' };
  const path = join(dir, 'changing.json');
  writeFileSync(path, JSON.stringify(kept));
  expect(await source.credential(`file:${path}`, Password)).toEqual(kept);
  writeFileSync(path, JSON.stringify(changed));
  expect(await source.credential(`file:${path}`, Password)).toEqual(changed);
});

it('says nothing of a secret that it cannot read', async () => {
  const said = await source.credential('env:BROKEN', Password).catch((error: unknown) => error);
  expect(said).toBeInstanceOf(SecretUnusable);
  expect(String(said)).not.toContain('correct horse');
});

it('T18: takes no secret that is empty or the one of the documentation', async () => {
  for (const text of [
    { ...kept, password: '' },
    { ...kept, password: 'change-me' },
  ]) {
    const path = join(dir, 'default.json');
    writeFileSync(path, JSON.stringify(text));
    await expect(source.credential(`file:${path}`, Password)).rejects.toBeInstanceOf(DefaultSecret);
  }
  writeFileSync(file.replace('lab', 'token'), JSON.stringify({ token: 'change-me' }));
  const token = source.credential(`file:${file.replace('lab', 'token')}`, Token);
  await expect(token).rejects.toThrow(/^the token of .* is empty or the example$/);
  for (const ref of ['env:EMPTY', 'env:EXAMPLE'])
    await expect(source.credential(ref, Password)).rejects.toBeInstanceOf(DefaultSecret);
});
