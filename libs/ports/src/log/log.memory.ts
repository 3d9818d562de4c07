// A log that keeps its lines, for specs. Never: a line that was not masked; specs look for secrets in it.
import { logLevels, isWritten, type Log, type LogLevel, type WriteLine } from './log.js';
import { maskedFields } from './mask.js';
import { maskedText, unsteered } from './masked-text.js';

/** A line as it was written. */
export interface LogLine {
  readonly level: LogLevel;
  readonly msg: string;
  readonly [member: string]: unknown;
}

/** The log of a test. */
export interface MemoryLog extends Log {
  readonly lines: readonly LogLine[];
  /** The same as a process would have written it. */
  text(): string;
}

/** Keeps its lines. */
export const memoryLog = (least: LogLevel = 'debug'): MemoryLog => {
  const lines: LogLine[] = [];
  const writer = (level: LogLevel): WriteLine => {
    if (!isWritten(level, least)) return () => {};
    return (msg, fields = {}) => void lines.push({ ...maskedFields(fields), level, msg: maskedText(msg) });
  };
  const [error, warn, info, debug] = logLevels.map(writer) as [WriteLine, WriteLine, WriteLine, WriteLine];
  return {
    error,
    warn,
    info,
    debug,
    writes: (level) => isWritten(level, least),
    lines,
    text: () => lines.map((line) => `${unsteered(JSON.stringify(line))}\n`).join(''),
  };
};
