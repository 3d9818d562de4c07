// The logger that Nest asks for, as lines of ours. Never: a line past the log, which masks secrets.
import type { LoggerService } from '@nestjs/common';
import type { Log } from '@drover/ports';

type Fields = Readonly<Record<string, unknown>>;

/** What Nest hands over: a text, an error, or members of a line; behind it a stack, perhaps, and whose line it is. */
const lineOf = (message: unknown, more: readonly unknown[]): readonly [msg: string, fields: Fields] => {
  const where = more.findLast((each) => typeof each === 'string' && !each.includes('\n'));
  const fields = { ...(where !== undefined && { where }) };
  if (message instanceof Error) return [message.message, { ...fields, error: message }];
  if (typeof message === 'object' && message !== null) {
    const { msg = 'A fault', ...members } = message as { readonly msg?: string };
    return [msg, { ...fields, ...members }];
  }
  const stack = more.find((each) => typeof each === 'string' && each.includes('\n'));
  return [String(message), { ...fields, ...(stack !== undefined && { stack }) }];
};

/** Nest's own logger, as lines of ours; what it says of itself while it starts is for debugging. */
export const nestLog = ({ error, warn, debug }: Log): LoggerService => {
  const by =
    (write: Log['error']) =>
    (message: unknown, ...more: unknown[]) =>
      write(...lineOf(message, more));
  return { fatal: by(error), error: by(error), warn: by(warn), log: by(debug), debug: by(debug), verbose: by(debug) };
};
