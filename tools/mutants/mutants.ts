// `npm run mutants [-- <area>…]`, explained by `--help`: changes one thing at a time in the code of each area and runs its specs; a test must
// fail. Takes most of an hour on two cores, so CI leaves it out. Ends with 1 when an area is below 85 %, when a survivor has no
// reason in survivors.ts, or when a reason there is not that of exactly one. The report is `.cache/mutants/report.md`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { areas, type Area } from './areas.ts';
import { misfits, outcomeOf, scoreOf, type MutationReport, type Outcome } from './report.ts';
import { survivors } from './survivors.ts';

const LEAST = 85;
const here = import.meta.dirname;
const out = '.cache/mutants';

/** Stryker stands beside this file, not among the packages of everybody. */
const install = () => {
  if (existsSync(join(here, 'node_modules', '@stryker-mutator', 'core'))) return;
  const { status } = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: here, stdio: 'inherit' });
  if (status !== 0) throw new Error('Stryker could not be installed: `npm ci` in tools/mutants failed.');
};

const stryker = (file: string) => join(here, 'node_modules', '@stryker-mutator', ...file.split('/'));

/** The tests of these areas take milliseconds: one that waits for so long waits for what never comes. */
const PATIENCE_MS = 10_000;

const run = ({ name, mutate, specs }: Area): Outcome => {
  const slug = name.replace(' ', '-');
  const [config, report] = [join(out, `${slug}.config.mjs`), join(out, `${slug}.json`)];
  const settings = {
    mutate,
    testRunner: 'jest',
    plugins: [stryker('jest-runner/dist/src/index.js')],
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    coverageAnalysis: 'perTest',
    concurrency: 2,
    // Jest lets no module of an earlier run go: after a hundred runs a process holds two gigabytes, and is slow.
    maxTestRunnerReuse: 30,
    // Far longer than a run takes on a busy machine: only what holds the whole process is ended by it.
    timeoutMS: 6 * PATIENCE_MS,
    ignorePatterns: ['**/dist', '.cache', '.nx', 'data', 'docs'],
    tempDirName: `${out}/sandbox`,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
  };
  const testMatch = specs.map((spec) => `<rootDir>/${spec}`);
  const testEnvironment = join(here, 'first-failure.mjs');
  const ours = { testMatch, testEnvironment, testTimeout: PATIENCE_MS, maxWorkers: 1 };
  const text = [
    "import jest from '../../jest.config.mjs';",
    `const config = { ...jest, ...${JSON.stringify(ours)} };`,
    `export default { ...${JSON.stringify(settings)}, jest: { config, enableFindRelatedTests: false } };`,
  ];
  writeFileSync(config, `${text.join('\n')}\n`);
  const command = [stryker('core/bin/stryker.js'), 'run', config];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`Stryker failed on ${name}`);
  return outcomeOf(JSON.parse(readFileSync(report, 'utf8')) as MutationReport, survivors);
};

const page = (outcomes: readonly (readonly [Area, Outcome])[]) =>
  [
    '# Mutants',
    ...outcomes.flatMap(([{ name }, outcome]) => [
      `\n## ${name}: ${outcome.killed} of ${outcome.total}, ${scoreOf(outcome).toFixed(1)} %; ${outcome.hung} of them hung\n`,
      ...outcome.lived.map(
        ({ file, line, mutator, code, becomes, why }) =>
          `- ${file}:${line} ${mutator}: \`${code}\` became \`${becomes}\`. ${why ?? 'NO REASON GIVEN'}`,
      ),
    ]),
  ].join('\n');

const HELP = [
  'npm run mutants [-- <area>…]   changes one thing at a time in the code of each area; a test must fail',
  '',
  `Areas: ${areas.map(({ name }) => `"${name}"`).join(', ')}; all of them when none is named.`,
  'All take most of an hour on two cores. The report is .cache/mutants/report.md.',
].join('\n');
const asked = process.argv.slice(2);
if (asked.some((word) => word === '--help' || word === '-h')) {
  console.log(HELP);
  process.exit(0);
}
const unknown = asked.filter((word) => !areas.some(({ name }) => name === word));
if (unknown.length > 0) {
  console.error(`${unknown.join(', ')}: no such area.\n\n${HELP}`);
  process.exit(2);
}
install();
mkdirSync(out, { recursive: true });
const chosen = areas.filter(({ name }) => asked.length === 0 || asked.includes(name));
const outcomes = chosen.map((area) => [area, run(area)] as const);
writeFileSync(join(out, 'report.md'), `${page(outcomes)}\n`);

const lived = outcomes.flatMap(([, outcome]) => outcome.lived);
const files = new Set(chosen.flatMap(({ mutate }) => mutate));
const wrong = misfits(
  survivors.filter(({ file }) => files.has(file)),
  lived,
);
const low = outcomes.filter(([, outcome]) => scoreOf(outcome) < LEAST);
const unexplained = lived.filter(({ why }) => why === null);
for (const [{ name }, outcome] of low) console.log(`FAIL ${name}: ${scoreOf(outcome).toFixed(1)} %, below ${LEAST} %`);
for (const { file, line, code, becomes } of unexplained)
  console.log(`FAIL ${file}:${line} \`${code}\` became \`${becomes}\`, no test failed, and no reason is given`);
for (const misfit of wrong) console.log(`FAIL ${misfit}`);
const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, [, outcome]) => total + of(outcome), 0);
process.exitCode = low.length + unexplained.length + wrong.length > 0 ? 1 : 0;
console.log(`${sum(({ killed }) => killed)} of ${sum(({ total }) => total)} mutants killed`);
