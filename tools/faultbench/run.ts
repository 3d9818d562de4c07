// Runs the fault runs, one after the other, and says of each how it ended.
//   npm run faults                               the short ones
//   npm run faults -- --tier nightly             with the full figures; FAULTS_SEED repeats what was drawn
//   npm run faults -- --tier nightly T-DSK-2     some of them
import { spawnSync } from 'node:child_process';
import { faultRuns } from './runs.ts';

const HELP = [
  'npm run faults [-- --tier short|nightly] [<run>…]   runs the fault runs, one after the other',
  '',
  'nightly: with the full figures. The environment variable FAULTS_SEED repeats what was drawn. The runs, all unless named:',
  ...faultRuns.map(({ id, short, nightly }) => `  ${id.padEnd(12)} ${short}; nightly ${nightly}`),
].join('\n');

const words = process.argv.slice(2);
if (words.some((word) => word === '--help' || word === '-h')) {
  console.log(HELP);
  process.exit(0);
}
const at = words.indexOf('--tier');
const tier = at === -1 ? 'short' : words.splice(at, 2)[1];
const chosen = faultRuns.filter(({ id }) => words.length === 0 || words.includes(id));
const unknown = words.filter((word) => !faultRuns.some(({ id }) => id === word));
if ((tier !== 'short' && tier !== 'nightly') || unknown.length > 0) {
  const wrong = unknown.length > 0 ? `${unknown.join(', ')}: no such run` : '--tier is short or nightly';
  console.error(`${wrong}.\n\n${HELP}`);
  process.exit(2);
}

const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
let failed = 0;
for (const { id, file, tests, ...figures } of chosen) {
  const begun = performance.now();
  const only = tests === undefined ? [] : ['-t', tests];
  const env = { ...process.env, FAULTS_TIER: tier };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...jest, '-w', '1', file, ...only], {
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // What was skipped because this machine cannot do it has not passed.
  const hasPassed = status === 0 && / passed/.test(stderr);
  if (!hasPassed) failed += 1;
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  const seed = /FAULTS_SEED=\d+/.exec(stdout + stderr)?.[0];
  console.log(`${hasPassed ? 'ok  ' : 'FAIL'} ${id}: ${figures[tier]}${seed ? `, ${seed}` : ''} (${seconds} s)`);
  if (!hasPassed) console.log(`${stdout}\n${stderr}`.trim());
}
console.log(`${chosen.length - failed} of ${chosen.length} fault runs passed (${tier})`);
process.exitCode = failed === 0 ? 0 : 1;
