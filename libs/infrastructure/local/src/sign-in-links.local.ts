// Codes that sign in once, as files in the data directory, so that a command makes one while the suite runs. Never: a code
// in a name or in a file; there is only its hash.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '@drover/kernel';
import { makeFolder } from './data-directory.local.js';
import { writeWhole } from './whole-file.local.js';

/** The hash names the file, so whoever reads the directory cannot sign in with what is in it. */
const fileOf = (dataDir: string, code: string) =>
  join(dataDir, 'sign-in', createHash('sha256').update(code).digest('hex'));

/** Makes a code that signs in once, until an instant. It may be made by another process than the one that takes it. */
export const issueSignInCode = (dataDir: string, until: Instant): string => {
  const code = randomBytes(32).toString('base64url');
  makeFolder(join(dataDir, 'sign-in'));
  writeWhole(fileOf(dataDir, code), until);
  return code;
};

/** Takes a code: true once, and only until its instant. Of two who come at the same time the file goes to one. */
export const redeemSignInCode = (dataDir: string, code: string, now: Instant): boolean => {
  const file = fileOf(dataDir, code);
  try {
    const until = readFileSync(file, 'utf8');
    unlinkSync(file);
    return now < until;
  } catch {
    return false; // no such code, or it has just been taken
  }
};

/** Throws away codes that nobody took in time. */
export const forgetSignInCodes = (dataDir: string, now: Instant) => {
  const folder = join(dataDir, 'sign-in');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (existsSync(file) && readFileSync(file, 'utf8') <= now) rmSync(file, { force: true });
  }
};
