import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readBearerToken } from './bearer-token.local.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'drover-token-'))));
afterEach(() => rmSync(dir, { recursive: true }));
const drawn = 'abcdefghijklmnopqrstuvwxyz0123456789';

it('reads a token from a file, without the end of its line, or from a variable', () => {
  const path = join(dir, 'token');
  writeFileSync(path, `${drawn}\n`);
  expect([readBearerToken(`file:${path}`, {}), readBearerToken('env:TOKEN', { TOKEN: drawn })]).toEqual([drawn, drawn]);
});

it.each(['', '  \n', 'change-me'])('lets a token that was never set not stand: %j', (TOKEN) =>
  expect(() => readBearerToken('env:TOKEN', { TOKEN })).toThrow('is empty or the example'),
);

it.each([drawn.slice(0, 31), `${drawn} ${drawn}`, `${drawn}ü`])('refuses a token that is no good: %j', (TOKEN) =>
  expect(() => readBearerToken('env:TOKEN', { TOKEN })).toThrow('holds no token of at least 32 characters'),
);

it('says where nothing can be read', () => {
  expect(() => readBearerToken('env:TOKEN', {})).toThrow('the variable TOKEN is not set');
  expect(() => readBearerToken(`file:${dir}`, {})).toThrow(`the file ${dir} cannot be read (EISDIR)`);
});
