import { turnsRed } from '../laws/testing.js';
import { isWritten, logLevels, type LogFields, type LogLevel } from './log.js';
import { logLaws, type LogBench } from './log.contract.js';
import { memoryLog } from './log.memory.js';
import { maskedFields } from './mask.js';
import { maskedText, unsteered } from './masked-text.js';

/** How a line is written; each wrong log below changes one thing. */
interface Habits {
  readonly writes: (level: LogLevel, least: LogLevel) => boolean;
  readonly says: (level: LogLevel, least: LogLevel) => boolean;
  readonly fields: (fields: LogFields) => LogFields;
  readonly line: (level: LogLevel, msg: string, fields: LogFields) => string;
}

const right: Habits = {
  writes: isWritten,
  says: isWritten,
  fields: maskedFields,
  line: (level, msg, fields) => `${unsteered(JSON.stringify({ ...fields, level, msg: maskedText(msg) }))}\n`,
};

const benchOf = (change: Partial<Habits> = {}): LogBench => {
  const { writes, says, fields: shown, line } = { ...right, ...change };
  let text = '';
  return {
    open: (least) => {
      const write =
        (level: LogLevel) =>
        (msg: string, fields: LogFields = {}) => {
          if (writes(level, least)) text += line(level, msg, shown(fields));
        };
      const all = Object.fromEntries(logLevels.map((level) => [level, write(level)]));
      return { ...memoryLog(), ...all, writes: (level) => says(level, least) };
    },
    written: async () => text,
  };
};

/** Wrong on purpose: it forgets what a line says besides its sentence. */
const curt = () =>
  benchOf({
    fields: ({ least, error, name, text, ...rest }) =>
      maskedFields({ least, error, name, text, ...(rest['n'] === 1 ? {} : rest) }),
  });

/** Wrong on purpose: it writes everything. */
const chatty = () => benchOf({ writes: () => true });

/** Wrong on purpose: it says that it writes everything. */
const boastful = () => benchOf({ says: () => true });

/** Wrong on purpose: it writes what it is given as text. */
const forgeable = () =>
  benchOf({ line: (level, msg, fields) => `${JSON.stringify({ ...fields, level, msg: maskedText(msg) })}\n` });

/** Wrong on purpose: it knows secrets by the name of their member alone. */
const literal = () => {
  const line: Habits['line'] = (level, msg, fields) => `${unsteered(JSON.stringify({ ...fields, level, msg }))}\n`;
  return benchOf({ line });
};

/** Wrong on purpose: its members come last. */
const overruled = () =>
  benchOf({
    line: (level, msg, fields) => `${unsteered(JSON.stringify({ level, msg: maskedText(msg), ...fields }))}\n`,
  });

/** Wrong on purpose: of an error it tells only the words. */
const wordless = () =>
  benchOf({
    fields: ({ error, ...fields }) =>
      maskedFields({ ...fields, ...(error instanceof Error && { error: { message: error.message } }) }),
  });

/** Wrong on purpose: it takes every value for plain and short. */
const brittle = () => {
  const fields: Habits['fields'] = (given) =>
    'cycle' in given ||
    'breaks' in given ||
    ('list' in given && !('text' in given && String(given['text']).length < 1000))
      ? given
      : maskedFields(given);
  return benchOf({ fields });
};

const one = 'each call is one line: a JSON object with its level, its sentence and its members';
const level = 'lines below the level are not written, and it says so before';
const steers = 'nothing in a sentence, a name or a value begins another line or steers a terminal';
const secrets = 'what can be a secret is masked: by the name of a member at any depth, and in texts';
const mistaken = 'a member is not mistaken for the level or the sentence';
const errors = 'an error is told with its name, its code, its words, where it was thrown, and its cause';
const bounded = 'it never throws, and no line is without end';

turnsRed(logLaws, benchOf, [
  [curt, one],
  [chatty, level],
  [boastful, level],
  [forgeable, steers],
  [literal, secrets],
  [overruled, mistaken],
  [wordless, errors],
  [brittle, bounded],
]);
