// The log by pino: masked and made safe by us before it, written beside the work. Never: a process that fails or waits
// because nobody reads its log.
import {
  isWritten,
  maskedFields,
  maskedText,
  SECRET_MEMBERS,
  unsteered,
  type Log,
  type LogLevel,
  type WriteLine,
} from '@drover/ports';
import { pino } from 'pino';
import { gathered } from './gathered.telemetry.js';
import { plainLine } from './plain-line.telemetry.js';

/** What of the log waits when nobody reads it; what comes then is dropped, for a process must not fail of its log. */
const MOST_WAITING = 16 * 1024 * 1024;

/**
 * pino's own list, behind what the house has masked at any depth. Without wildcards: with them pino copies every line, which
 * costs ten times the line.
 */
const redact = { paths: SECRET_MEMBERS.map((name) => `["${name}"]`), censor: '[secret]' };

/** Members that pino writes itself. */
const own = ({ level: _level, msg: _msg, time: _time, ...fields }: Readonly<Record<string, unknown>>) => fields;

/** A log that gives each line, a JSON object, to `write`. */
export const pinoLog = (least: LogLevel, write: (line: string) => void): Log => {
  const writer = pino(
    {
      level: least,
      base: null, // neither process id nor host: whoever collects lines knows where they are from
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact,
    },
    { write: (line: string) => write(`${unsteered(line.trimEnd())}\n`) },
  );
  const of = (level: LogLevel): WriteLine =>
    isWritten(level, least)
      ? (msg, fields = {}) => writer[level](own(maskedFields(fields)), '%s', maskedText(msg))
      : () => {};
  return {
    error: of('error'),
    warn: of('warn'),
    info: of('info'),
    debug: of('debug'),
    writes: (level) => isWritten(level, least),
  };
};

/** The log of this process, on its standard error: for people at a terminal, else JSON. What still waits leaves at its end. */
export const processLog = (least: LogLevel, isTerminal = process.stderr.isTTY): Log => {
  const { write, flush } = gathered((lines) => stderr.write(lines));
  process.on('exit', flush); // before pino's own, which writes what it was handed
  const stderr = pino.destination({ fd: 2, sync: false, minLength: 0, maxLength: MOST_WAITING });
  stderr.on('error', () => {}); // nobody reads it any more
  return pinoLog(least, isTerminal ? (line) => write(plainLine(line)) : write);
};
