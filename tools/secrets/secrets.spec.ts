import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { complaints, secretsIn } from './secrets.js';

const many = (sign: string, count: number) => sign.repeat(count);
/** Put together here, so that none of them stands in this file. */
const planted = {
  'a private key': `-----BEGIN ${'RSA PRIVATE'} KEY-----`,
  'a key of AWS': `id = "AK${'IA'}${many('Q', 16)}"`,
  'a secret key of AWS': `AWS_SECRET_ACCESS_${'KEY'}=${many('a1', 20)}`,
  'a token of GitHub': `gh${'p'}_${many('a', 36)}`,
  'a token of npm': `//registry/:_authToken=npm${'_'}${many('b', 36)}`,
  'a token of Slack': `xox${'b'}-${many('1', 12)}`,
  'a bearer token': `curl -H 'Authorization: Bear${'er'} ${many('c', 32)}'`,
  'a JSON web token': `ey${'J'}${many('d', 20)}.ey${'J'}${many('e', 20)}.${many('f', 20)}`,
  'a password in an address': `https://ana:${'s3cret'}@vcenter-01.example.test/sdk`,
};

it.each(Object.entries(planted))('T18: finds %s, and names the line', (what, text) => {
  const found = secretsIn('docs/a.md', `first\n  ${text}\n`);
  expect(found).toEqual([{ path: 'docs/a.md', line: 2, what, text }]);
  expect(complaints(found, [])).toEqual([`docs/a.md:2 looks like ${what}`]);
});

it.each([
  'Authorization: Bearer <token>',
  'const authorization = `Bearer ${token}`;',
  'https://user@example.test/path',
  'http://127.0.0.1:8000/api?x=a@b',
  'https://${user}:${password}@host',
  '-----BEGIN CERTIFICATE-----',
])('takes %j for none', (text) => expect(secretsIn('a', text)).toEqual([]));

it('lets a line pass that an exception names to the letter, and complains of an exception that no line needs', () => {
  const text = planted['a password in an address'];
  const found = secretsIn('a.ts', text);
  expect(complaints(found, [`a.ts: ${text}`])).toEqual([]);
  expect(complaints(found, [`b.ts: ${text}`])).toEqual([
    ...['a.ts:1 looks like a password in an address', 'no line needs the exception b.ts'],
  ]);
});

it('T18: the scan fails for a secret in any file that git tracks, and says neither it nor its line', () => {
  const root = mkdtempSync(join(tmpdir(), 'drover-secrets-'));
  const scan = () => spawnSync(process.execPath, [join(import.meta.dirname, 'scan.ts'), root], { encoding: 'utf8' });
  execFileSync('git', ['init', '-q'], { cwd: root });
  mkdirSync(join(root, 'deploy'));
  writeFileSync(join(root, 'deploy/values.yaml'), 'replicas: 2\n');
  writeFileSync(join(root, 'untracked'), planted['a token of GitHub']);
  execFileSync('git', ['add', 'deploy'], { cwd: root });
  expect(scan()).toMatchObject({ status: 0, stderr: '' });
  writeFileSync(join(root, 'deploy/values.yaml'), `token: ${planted['a token of GitHub']}\n`);
  const { status, stdout, stderr } = scan();
  expect([status, stderr]).toEqual([1, 'deploy/values.yaml:1 looks like a token of GitHub\n']);
  expect(stdout + stderr).not.toContain(planted['a token of GitHub']);
  rmSync(root, { recursive: true });
});
