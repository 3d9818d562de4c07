import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { forgetSignInCodes, issueSignInCode, redeemSignInCode } from './sign-in-links.local.js';

const dir = mkdtempSync(join(tmpdir(), 'drover-links-'));
afterAll(() => rmSync(dir, { recursive: true }));
const noon = Instant.parse('2026-11-20T12:00:00Z');
const later = Instant.plusSeconds(noon, 600);

it('takes a code once', () => {
  const code = issueSignInCode(dir, later);
  expect(readdirSync(join(dir, 'sign-in')).join()).not.toContain(code);
  expect([redeemSignInCode(dir, code, noon), redeemSignInCode(dir, code, noon)]).toEqual([true, false]);
});

it('takes no code that is too old, made up or a path', () => {
  expect(redeemSignInCode(dir, issueSignInCode(dir, later), later)).toBe(false);
  for (const code of ['nonsense', '', '../../admin.token']) expect(redeemSignInCode(dir, code, noon)).toBe(false);
});

it('throws away what nobody took', () => {
  const old = issueSignInCode(dir, noon);
  const fresh = issueSignInCode(dir, later);
  forgetSignInCodes(dir, noon);
  expect([redeemSignInCode(dir, old, noon), redeemSignInCode(dir, fresh, noon)]).toEqual([false, true]);
});
