// A line of the log for people at a terminal, made of the same JSON. Never: a text of others that begins a line, or that
// steers the terminal.
import { unsteered } from '@drover/ports';

const PLAIN = /^[\w.:/{}@+-]+$/;
const shown = (value: unknown) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return PLAIN.test(text) ? text : unsteered(typeof value === 'string' ? JSON.stringify(text) : text);
};

/** A stack as people read it: its lines stay lines, and begin with spaces so that none looks like a line of the log. */
const stackOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, name, message, cause } = error as Readonly<Record<string, unknown>>;
  const text = typeof stack === 'string' ? stack : `${String(name)}: ${String(message)}`;
  const lines = text.split('\n').map((line) => `\n    ${unsteered(line.trim())}`);
  return lines.join('') + (cause === undefined ? '' : `\n  because of${stackOf(cause) || ` ${shown(cause)}`}`);
};

/** A line of JSON, for people: when, how much it matters, the sentence, then each member. */
export const plainLine = (json: string): string => {
  const { time, level, msg, error, ...members } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const named = Object.entries(members).map(([member, value]) => ` ${unsteered(member)}=${shown(value)}`);
  const thrown = typeof error === 'object' && error !== null;
  const code = error === undefined || thrown ? '' : ` error=${shown(error)}`;
  return `${String(time)} ${String(level).padEnd(5)} ${unsteered(String(msg))}${named.join('')}${code}${thrown ? stackOf(error) : ''}\n`;
};
