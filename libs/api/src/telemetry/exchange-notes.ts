// What becomes known of an exchange on its way, kept beside the response until its line is written. Never: a decision by it;
// it is for the log.
import type { RequestId } from '@drover/kernel';
import type { ServerResponse } from 'node:http';
import type { RouteDefinition } from '@drover/contracts';
import type { Requester } from '../guard/identity.js';

/** What becomes known of an exchange while it goes on, for the line that is written when it is over. */
export interface ExchangeNotes {
  readonly route?: RouteDefinition;
  readonly identity?: Pick<Requester, 'sub' | 'via'> | null;
  readonly requestId?: RequestId;
  /** Why it was refused. */
  readonly problem?: string;
  /** The status of an answer that was written past the reply. */
  readonly status?: number;
}

const notes = new WeakMap<ServerResponse, ExchangeNotes>();

/** Notes something of an exchange. */
export const note = (raw: ServerResponse, more: ExchangeNotes) => void notes.set(raw, { ...notes.get(raw), ...more });

/** What is known of an exchange. */
export const notesOf = (raw: ServerResponse): ExchangeNotes => notes.get(raw) ?? {};
