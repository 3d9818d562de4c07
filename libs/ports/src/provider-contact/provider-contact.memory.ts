// Keeps how long each provider has not answered, on the monotonic clock: answering, silent after 5 s, lost after 20 s.
// Whoever asks a provider reports here. Never: call a provider from here; the guard does that, and stores nothing.
import type { ConnectionId, Instant } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import { LOST_MS, SILENT_MS, type Contact, type ProviderContact } from './provider-contact.js';

/** Something that a provider was asked, until it is known what became of it. The first word counts. */
export interface Question {
  /** An answer came, of whatever kind. */
  answered(): void;
  /** It is over, and no answer came. */
  unanswered(detail: string): void;
}

interface Line {
  is: Contact;
  /** How many questions are open. */
  open: number;
  /** Since when something was asked and nothing has been answered; null when nothing is missing. Monotonic. */
  silentSince: number | null;
  lastAnswer: number;
  detail: string | null;
  nextTryAt: Instant | null;
  callOff: () => void;
}

/** The contact of one process: whoever asks a provider says so here, and what became of it. */
export const memoryProviderContact = (clock: Clock) => {
  const lines = new Map<ConnectionId, Line>();
  const listeners = new Set<(id: ConnectionId) => void>();
  const lineOf = (id: ConnectionId): Line => {
    const known = lines.get(id);
    if (known) return known;
    const fresh = { is: 'answering', open: 0, silentSince: null, lastAnswer: -Infinity, detail: null } as const;
    const line: Line = { ...fresh, nextTryAt: null, callOff: () => {} };
    lines.set(id, line);
    return line;
  };
  const turn = (id: ConnectionId, line: Line, is: Contact) => {
    if (line.is === is) return;
    line.is = is;
    for (const told of listeners) told(id);
  };
  /** Judges the silence now, and again when it will have become worse. */
  const judge = (id: ConnectionId, line: Line) => {
    line.callOff();
    line.callOff = () => {};
    if (line.silentSince === null) return turn(id, line, 'answering');
    const silence = clock.monotonic() - line.silentSince;
    if (silence >= LOST_MS) return turn(id, line, 'lost');
    turn(id, line, silence >= SILENT_MS ? 'silent' : 'answering');
    line.callOff = clock.after((silence >= SILENT_MS ? LOST_MS : SILENT_MS) - silence, () => judge(id, line));
  };

  const contact: ProviderContact = {
    of: (id) => {
      const { is = 'answering', nextTryAt = null, detail = null } = lines.get(id) ?? {};
      return { is, nextTryAt, detail };
    },
    onChange: (told) => {
      listeners.add(told);
      return () => void listeners.delete(told);
    },
  };
  return {
    ...contact,
    /** A provider is asked something that it answers at once when it is well. */
    asked: (id: ConnectionId): Question => {
      const line = lineOf(id);
      let over = false;
      const end = (change: () => void) => {
        if (over) return;
        over = true;
        line.open -= 1;
        change();
        if (lines.get(id) === line) judge(id, line);
      };
      line.open += 1;
      line.silentSince ??= clock.monotonic();
      judge(id, line);
      return {
        answered: () =>
          end(() => {
            line.lastAnswer = clock.monotonic();
            line.silentSince = line.open > 0 ? line.lastAnswer : null;
            line.detail = null;
          }),
        unanswered: (detail) => end(() => void (line.detail = detail)),
      };
    },
    /** For how long nothing was answered, in ms, and whether something was asked meanwhile. */
    silence: (id: ConnectionId) => {
      const { lastAnswer = -Infinity, silentSince = null } = lines.get(id) ?? {};
      return { ms: clock.monotonic() - lastAnswer, asked: silentSince !== null };
    },
    /** When the provider is tried next; null when it is reached again. */
    tryAt: (id: ConnectionId, at: Instant | null) => void (lineOf(id).nextTryAt = at),
    /** Nobody asks this connection any more: what is known of it is over. */
    forget: (id: ConnectionId) => {
      lines.get(id)?.callOff();
      lines.delete(id);
    },
  };
};

/** The contact of one process, with what is said to it. */
export type ContactRecord = ReturnType<typeof memoryProviderContact>;
