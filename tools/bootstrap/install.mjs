// Which packages are there, and how they come: those that a start needs, or all of them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { give, shown } from './progress.mjs';

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const changed = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);

/**
 * Sees to it that the packages of the lock file are there; `wanted` is `start` or `all`. What is there is never made less:
 * a start after a test leaves the packages of the test. Answers whether it found something new.
 */
export const installed = async (root, wanted, tooOld) => {
  const at = (...names) => join(root, ...names);
  const node = at('node_modules', '.bin', 'node');
  const stamp = at('node_modules', '.drover-lock');

  // By content: a checkout there and back changes the time of the lock file, not what it says.
  const hash = createHash('sha256')
    .update(read(at('package-lock.json')))
    .digest('hex');
  const mark = (set) => `${set} ${hash}`;
  const { devDependencies } = JSON.parse(read(at('package.json')));
  const whole = () => Object.keys(devDependencies).every((name) => existsSync(at('node_modules', name)));

  /** The set that is there, as the stamp says or, after an install by hand, as the folders show; null when it is not this lock's. */
  const found = () => {
    if (!existsSync(node)) return null; // null for a broken link, too
    const stamped = ['all', 'start'].find((set) => read(stamp) === mark(set));
    const byHand = changed(at('node_modules', '.package-lock.json'));
    if (stamped && byHand <= changed(stamp)) return stamped;
    if (!stamped && byHand < changed(at('package-lock.json'))) return null;
    return whole() ? 'all' : 'start';
  };

  const install = async (set) => {
    // npm puts node_modules/.bin first on the PATH. An install removes that folder while it runs, so it must not run on it.
    const path = (process.env.PATH || '').split(delimiter).filter((dir) => !/node_modules\/\.bin$/.test(dir));
    const env = Object.assign({}, process.env, { PATH: path.join(delimiter) });
    const npm = spawnSync('npm', ['--version'], { env, encoding: 'utf8' });
    if (npm.error || npm.status !== 0) give('Drover installs itself with npm, and there is no npm on the PATH.');
    tooOld('npm', npm.stdout.trim());
    mkdirSync(at('.cache'), { recursive: true });
    const file = at('.cache', 'install.log');
    const log = openSync(file, 'w');
    // NODE_ENV=production would leave out what a test needs; under `npm --silent test` npm would not say why it failed.
    const which = set === 'all' ? '--include=dev' : '--omit=dev';
    const code = await shown('Installing packages (.cache/install.log)', 'npm', ['ci', which, '--loglevel=warn'], {
      cwd: root,
      env,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    if (code !== 0) {
      const lines = read(file).trimEnd().split('\n');
      const errors = lines.filter((line) => line.startsWith('npm error')); // the cause comes first, then pages of usage
      give((errors.length > 0 ? errors.slice(0, 20) : lines.slice(-20)).join('\n'));
    }
    if (!existsSync(node))
      give(
        'npm skipped the install script that brings Node 24. Run `npm rebuild node --ignore-scripts=false`, then try again.',
      );
    // 67 MB of C++ headers, which only native add-ons would need.
    const platform = `node-${process.platform}-${process.arch}`;
    rmSync(at('node_modules', 'node', 'node_modules', platform, 'include'), { recursive: true, force: true });
  };

  const there = found();
  const enough = there === 'all' || there === wanted;
  const before = read(stamp);
  const had = /^all /.test(before) || (before !== '' && whole()); // an upgrade brings both sets up to date
  const set = enough ? there : had ? 'all' : wanted;
  if (!enough) await install(set);
  if (before !== mark(set) || !enough) {
    rmSync(stamp, { force: true }); // a new file: worktrees may share the old one by hard links
    writeFileSync(stamp, mark(set));
  }
  return before !== mark(set);
};
