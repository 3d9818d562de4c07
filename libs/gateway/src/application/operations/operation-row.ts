// An operation as the list keeps it. Never: what only its owner knows.
import type { OperationRecord } from '@drover/contracts';

/** An operation as the list keeps it: its record, and where in the journal the event is that ended it; null before. */
export type OperationRow = OperationRecord & { readonly endedBy: number | null };
