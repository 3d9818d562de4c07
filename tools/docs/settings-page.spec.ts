import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { settingsPage } from './settings-page.ts';

it('the page of settings says what the schema says (else: npm run docs:settings)', () =>
  expect(readFileSync(new URL('../../docs/reference/settings.md', import.meta.url), 'utf8')).toBe(settingsPage()));
