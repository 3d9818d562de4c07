// Which errors are of the house or of the world, and say nothing of the event that was read. Never: an event parked for one
// of these.
import { StoreRefused, StreamMoved } from '../event-store/event-store.js';
import { JournalMoved } from '../journal/journal.js';
import { ProviderFault } from '../provider-fault.js';
import { ViewsMoved } from '../view-store/view-store.js';
import { isClosedStream } from './parked-rows.js';

/** Errors that say nothing of an event, and hold up every key: a store, another process, the provider or the time was in the way. */
export const isTrouble = (error: unknown): boolean =>
  (error instanceof StoreRefused && !isClosedStream(error)) ||
  error instanceof StreamMoved ||
  error instanceof ViewsMoved ||
  error instanceof JournalMoved ||
  error instanceof ProviderFault ||
  (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name));
