// The port to what a process says of itself: a sentence and its fields, in one line. Never: a secret in a line, a text that
// begins another one, or an error for whoever writes it.
/** How much a line matters, the most important first. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
/** One of the levels of a log. */
export type LogLevel = (typeof logLevels)[number];

/** What a line says besides its sentence. `error`: what was thrown. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line of a level. It never throws. */
export type WriteLine = (msg: string, fields?: LogFields) => void;

/**
 * Where a process says what it does, for whoever runs it: each call is one line, and lines below the level are not
 * written. What can be a secret is masked, and nothing in a line begins another one or steers a terminal.
 */
export interface Log extends Readonly<Record<LogLevel, WriteLine>> {
  /** Whether lines of a level are written: asked before something is worked out for a line alone. */
  writes(level: LogLevel): boolean;
}

/** Whether a level is written where `least` is the least important one that is. */
export const isWritten = (level: LogLevel, least: LogLevel): boolean =>
  logLevels.indexOf(level) <= logLevels.indexOf(least);
