// `node tools/secrets/scan.ts`: looks through every file that git tracks, and fails with the lines that look like secrets.
// Exceptions stand in exceptions.txt, one a line: `<path>: <the line>`.
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { complaints, secretsIn } from './secrets.ts';

const root = process.argv[2] ?? join(import.meta.dirname, '../..');
const LARGEST = 4 * 1024 * 1024;

/** What git tracks; outside a repository, everything but what is installed or built. */
const files = () => {
  try {
    const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return listed.split('\0').filter(Boolean);
  } catch {
    return globSync('**/*', { cwd: root, exclude: ['**/node_modules', '**/dist', '.cache', '.nx', 'data'] });
  }
};
const tracked = files();
const isFile = (path: string) => {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= LARGEST;
};
const EXCEPTIONS = 'tools/secrets/exceptions.txt'; // repeats lines on purpose; one that no file needs is complained of
const found = tracked
  .filter((path) => path !== EXCEPTIONS && isFile(path))
  .flatMap((path) => secretsIn(path, readFileSync(join(root, path), 'utf8')));
const list = join(root, EXCEPTIONS);
const exceptions = statSync(list, { throwIfNoEntry: false })
  ? readFileSync(list, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
  : [];
const wrong = complaints(found, exceptions);
for (const each of wrong) console.error(each);
console.log(`${tracked.length} files, ${wrong.length} complaints`);
process.exitCode = wrong.length === 0 && tracked.length > 0 ? 0 : 1;
