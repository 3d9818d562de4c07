// The rest that a machine takes between two restarts. Never: the time of day; how long ago the restart was comes in as
// seconds.
import { reject, type Instant, type Mode, type Rejection } from '@drover/kernel';

/** For how long a machine is not restarted again. */
export const COOL_SECONDS = 600;

/** When the last restart was done, or may have been. */
export type Restarted = { readonly at: Instant; readonly proven: boolean };

/** A machine that was restarted, or may have been, rests before the next restart. */
export const cooling = (
  restarted: Restarted | null,
  mode: Mode,
  { reasoned, sinceRestart = 0 }: { readonly reasoned: boolean; readonly sinceRestart?: number },
): Rejection<'cooldown'> | null => {
  if (restarted === null || (mode === 'hard' && reasoned)) return null;
  const left = COOL_SECONDS - sinceRestart;
  if (left <= 0) return null;
  const how = restarted.proven
    ? `It was restarted at ${restarted.at}`
    : `It may have been restarted at ${restarted.at}, which nobody could verify`;
  const because = `${how}, less than ten minutes ago. Nothing was sent.`;
  return reject('cooldown', because, { retryAfterSeconds: Math.ceil(left) });
};
