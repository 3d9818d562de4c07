import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { writeWhole } from './whole-file.local.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'drover-whole-'))));
afterEach(() => rmSync(dir, { recursive: true }));

it('writes a file that its owner alone can read, and nothing beside it', () => {
  const path = join(dir, 'file');
  for (const text of ['one', 'two']) {
    writeWhole(path, text);
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, readdirSync(dir)]).toEqual([
      text,
      0o600,
      ['file'],
    ]);
  }
});

it('leaves nothing behind when it fails', () => {
  mkdirSync(join(dir, 'folder', 'full'), { recursive: true });
  expect(() => writeWhole(join(dir, 'folder'), 'text')).toThrow();
  expect(readdirSync(dir)).toEqual(['folder']);
});

it('overwrites what a killed write has left', () => {
  const path = join(dir, 'file');
  writeFileSync(`${path}.new`, 'half of a te', { mode: 0o600 });
  writeWhole(path, 'text');
  expect([readFileSync(path, 'utf8'), readdirSync(dir)]).toEqual(['text', ['file']]);
});
