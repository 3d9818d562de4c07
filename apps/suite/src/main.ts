import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

// Before anything else is loaded, so this file imports nothing statically but Node's own modules. The folder is ours, not
// the shared one under the system's temporary directory.
enableCompileCache(join(import.meta.dirname, '.compile-cache'));
const { HELP, suiteConfig } = await import('./config.js');

const fail = (sentence: unknown) => {
  console.error(sentence);
  process.exit(1);
};
const asked = suiteConfig(process.argv.slice(2), process.env);

if ('problem' in asked) {
  fail(asked.problem);
} else if (asked.task === 'help') {
  console.log(HELP);
} else {
  const { explain, loginLink, rebuildSuite, startSuite } = await import('./suite.js');
  const { task, config } = asked;
  const troubled = (error: unknown) => fail(explain(error));

  if (task === 'login-link') {
    console.log(await loginLink(config).catch(troubled));
  } else if (task === 'rebuild') {
    await rebuildSuite(config, (line) => console.log(line)).catch(troubled);
    process.exit(0);
  } else {
    const stopping = new AbortController();
    const starting = startSuite(config, stopping.signal);

    // Ctrl-C arrives twice: from the terminal and, forwarded, from npm and the start script. A repeat changes nothing.
    const stop = async (signal: string) => {
      if (stopping.signal.aborted) return;
      console.log(`${signal}: stopping`);
      setTimeout(() => process.exit(1), 28_000); // for a stop that hangs; a clean one takes 25 s at most
      stopping.abort();
      const suite = await starting.catch(() => null); // given up before it had started: nothing is left to be stopped
      await suite?.stop();
      process.exit(0);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, (name) => void stop(name));

    const suite = await starting.catch((error: unknown) => {
      if (!stopping.signal.aborted) troubled(error);
    });
    if (suite) console.log(suite.welcome);
    flushCompileCache(); // a killed process writes nothing
  }
}
