// What takes long says so: seconds that count up on a terminal, a plain line now and then where there is none.
import { spawn } from 'node:child_process';

/** Prints to the standard error, without a newline of its own. */
export const say = (text) => process.stderr.write(text);

/** Says why it cannot go on, and ends. */
export const give = (sentence) => {
  say(`${sentence}\n`);
  process.exit(1);
};

const LINE_EVERY = 10_000;

/** Runs a program and shows how long it has been at it; answers its exit code. */
export const shown = (title, program, args, options) =>
  new Promise((done) => {
    const begun = process.hrtime.bigint();
    const seconds = () => String((process.hrtime.bigint() - begun) / 1000000000n);
    const terminal = process.stderr.isTTY;
    say(terminal ? title : `${title} ...\n`);
    const tick = terminal
      ? setInterval(() => say(`\r${title} ${seconds()} s`), 1000)
      : setInterval(() => say(`${title}: ${seconds()} s\n`), LINE_EVERY);
    const child = spawn(program, args, options);
    let ended = false;
    const end = (code) => {
      if (ended) return;
      ended = true;
      clearInterval(tick);
      say(`${terminal ? '\r' : ''}${title}: ${code === 0 ? 'done' : 'failed'} after ${seconds()} s\n`);
      done(code);
    };
    child.on('error', () => end(127));
    child.on('close', (code) => end(code === null ? 1 : code));
  });
