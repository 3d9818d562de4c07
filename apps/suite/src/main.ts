// The process: arguments, signals and exit codes. It imports nothing of ours before the compile cache is on. Never: a rule
// or a sentence that suite.ts could say as well; what is here cannot be called by a spec.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Log } from '@drover/ports';

// Before anything else is loaded, so this file imports nothing statically but Node's own modules. The folder is ours, not
// the shared one under the system's temporary directory.
enableCompileCache(join(import.meta.dirname, '.compile-cache'));

// Before the rest is loaded, too: whoever stops a process that has just begun means it. Ctrl-C arrives twice, from the
// terminal and, forwarded, from npm and the start script; a repeat changes nothing.
const stopping = new AbortController();
let starting: Promise<{ stop(): Promise<void> }> | null = null;
let log: Log | null = null; // there once something is started
const stop = async (signal: string) => {
  if (stopping.signal.aborted) return;
  stopping.abort();
  if (!starting) process.exit(process.argv.length > 2 ? 1 : 0); // what was asked for by name has not been done
  log?.info('stopping', { signal });
  setTimeout(() => process.exit(1), 28_000); // for a stop that hangs; a clean one takes 25 s at most
  const suite = await starting.catch(() => null); // given up before it had started: nothing is left to be stopped
  try {
    await suite?.stop();
    log?.info('stopped');
    process.exit(0);
  } catch (error) {
    log?.error('Drover stopped with an error', { error });
    process.exit(1);
  }
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, (name) => void stop(name));

/** A heap of more bytes V8 collects by itself, bit by bit; to do it at once would hold the loop. */
const MOST_AT_ONCE = 200e6;

/**
 * Collects the whole heap once, after the start. Until its first full collection V8 does not know how much of it is alive,
 * and lets garbage grow by hundreds of megabytes; from then on it goes by what it found.
 */
const collectOnce = () => {
  if (process.memoryUsage().heapUsed > MOST_AT_ONCE) return;
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc'); // contexts that are made later have none
};

const { HELP, serviceOf, STORE_HELP, suiteConfig } = await import('./config.js');

const fail = (sentence: unknown, code = 1) => {
  console.error(sentence);
  process.exit(code);
};
const asked = suiteConfig(process.argv.slice(2), process.env);

if ('problem' in asked) {
  fail(asked.problem, asked.usage ? 2 : 1);
} else if (asked.task === 'help') {
  console.log(HELP);
} else if (asked.task === 'store help') {
  console.log(STORE_HELP);
} else {
  const { acceptLossIn, explain, loginLink, rebuildSuite, startSuite, verifySuite } = await import('./suite.js');
  const { telemetryOf } = await import('./telemetry.js');
  const { task, config } = asked;
  const troubled = (error: unknown) => fail(explain(error));

  const say = (line: string) => console.log(line);

  if (task === 'login-link') {
    try {
      const { link, note } = loginLink(config);
      console.log(link);
      if (note) console.error(note); // beside the output: a script takes the link alone
    } catch (error) {
      troubled(error);
    }
  } else if (task === 'rebuild') {
    await rebuildSuite(config, say).catch(troubled);
    process.exit(0);
  } else if (task === 'store verify') {
    try {
      const wrong = verifySuite(config);
      wrong.forEach(say);
      if (wrong.length > 0) process.exit(1);
      say('All stored data is complete and undamaged.');
    } catch (error) {
      troubled(error);
    }
  } else if (task === 'serve') {
    const telemetry = telemetryOf(config);
    const { log: told } = telemetry;
    log = told;
    process.on('uncaughtException', (error) => {
      told.error('Drover ends: nobody caught this error', { error });
      process.exit(1);
    });
    process.removeAllListeners('warning'); // Node's own is no line of the log
    process.on('warning', (warning) => told.warn(warning.message, { where: 'node', name: warning.name }));
    const begun = startSuite(config, stopping.signal, telemetry);
    starting = begun;
    const suite = await begun.catch((error: unknown) => {
      if (!stopping.signal.aborted) troubled(error);
    });
    if (suite && !stopping.signal.aborted) console.log(suite.welcome);
    flushCompileCache(); // a killed process writes nothing
    collectOnce();
  } else {
    await acceptLossIn(config, serviceOf(task), say).catch(troubled);
    process.exit(0);
  }
}
