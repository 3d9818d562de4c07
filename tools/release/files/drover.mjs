#!/usr/bin/env node
// `drover`, until there is a command line: it starts Drover, and does what has to be done beside it. The machine's own Node
// may run it, also one that is too old for Drover: plain JavaScript, no package, nothing newer than Node 20.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const NEEDED = 24;

const { version } = JSON.parse(readFileSync(file('package.json'), 'utf8'));

/** What the suite is told; nothing for what it does not know. */
const told = ([verb, ...more]) => {
  const alone = more.length === 0;
  if (verb === 'up' && alone) return [];
  if (['login-link', 'rebuild', 'store'].includes(verb)) return [verb, ...more];
  const help = (word) => word === '--help' || word === '-h';
  return (alone && help(verb)) || (verb === 'up' && more.length === 1 && help(more[0])) ? ['--help'] : null;
};

/** Node as the package `node` brings it; nothing in a tarball, which is run by its own. */
const packaged = () => {
  try {
    const binary = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
};

/** Goes on in this process, or in one under the packaged Node: signals and the way it ends are passed on. */
const go = async (suite) => {
  const main = file('apps/suite/dist/main.js');
  const node = packaged();
  if (node) {
    const child = spawn(node, [main, ...suite], { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('close', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
  } else if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
    process.argv.splice(1, Infinity, main, ...suite);
    await import(pathToFileURL(main));
  } else {
    const why = 'npm skipped the install script of the package node';
    console.error(`Drover needs Node ${NEEDED} or newer, and this is ${process.versions.node}: ${why}.`);
    process.exitCode = 1;
  }
};

const words = process.argv.slice(2);
const suite = told(words);
if (words.join(' ') === '--version') {
  console.log(version);
} else if (suite) {
  if (suite[0] === '--help') console.log('drover --version     prints the version');
  await go(suite);
} else {
  const problem = words.length === 0 ? 'A command is missing' : `drover does not know the command ${words.join(' ')}`;
  console.error(`${problem}; see drover --help.`);
  process.exitCode = 2;
}
