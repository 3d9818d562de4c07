import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { tar, tarGz } from './archive.ts';

const bytes = (text: string) => Buffer.from(text);
const deep = `${'folder/'.repeat(18)}file`;
const entries = [
  { path: 'b/run', bytes: bytes('#!/bin/sh\n'), executable: true },
  { path: 'a', bytes: bytes('x'.repeat(600)) },
  { path: deep, bytes: bytes('') },
];

it('an archive is what tar reads: names, modes, times, contents', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'drover-archive-'));
  try {
    writeFileSync(join(dir, 'a.tar.gz'), await tarGz(entries, 1_700_000_000));
    const listed = execFileSync('tar', ['-tzf', 'a.tar.gz'], { cwd: dir, encoding: 'utf8' });
    expect(listed.trim().split('\n')).toEqual(['a', 'b/run', deep]);
    execFileSync('tar', ['-xzf', 'a.tar.gz'], { cwd: dir });
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('x'.repeat(600));
    const { mode, mtimeMs } = statSync(join(dir, 'b/run'));
    expect([mode & 0o111, mtimeMs]).toEqual([0o111, 1_700_000_000_000]);
    expect(statSync(join(dir, 'a')).mode & 0o111).toBe(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

it('the order in which files are found changes no byte', async () => {
  expect(await tarGz(entries, 1)).toEqual(await tarGz([...entries].reverse(), 1));
});

it('a name that no archive can hold is refused, not cut', () => {
  expect(() => tar([{ path: 'x'.repeat(101), bytes: bytes('') }], 1)).toThrow('too long');
});
