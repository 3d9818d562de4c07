// Starts the process of the simulated sites, or says in one sentence why not. Never: a stack shown for a setting that is
// wrong.
import { DirectoryRefused } from '@drover/local';
import { HELP, simulatorConfig } from './config.js';
import { startSimulator } from './simulator.js';

const fail = (sentence: unknown, code = 1) => {
  console.error(sentence);
  process.exit(code);
};

// At once: what was answered is on the disk, and what was taken is obeyed in the next life.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));

/** What stops a start, as a sentence where it is somebody's setting. */
const explained = (error: unknown) => {
  if (error instanceof DirectoryRefused) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' ? 'DROVER_SIMULATOR_PORT is taken by another process: set it to another port.' : error;
};

const [word, ...more] = process.argv.slice(2);
const asked = simulatorConfig(process.env);
if (word !== undefined && (more.length > 0 || !['--help', '-h'].includes(word)))
  fail(`${word} is not a task of the simulator; see --help.`, 2);
else if (word !== undefined) console.log(HELP);
else if ('problem' in asked) fail(asked.problem);
else
  try {
    const report = (where: string, error: unknown) => console.error(`${where}:`, error);
    const { url } = await startSimulator(asked.config, report);
    console.log(`The simulated sites listen on ${url}`);
  } catch (error) {
    fail(explained(error));
  }
