// The gateway stores nothing but the audit, so the translation that all services share for it is the whole of its own.
// Never: an event that another service decided; that one tells it.
import type { PublicEvent } from '@drover/contracts';
import { auditEvent, type StoredFact } from '@drover/ports';

/** The gateway tells of who was let in, who was not, and who left; it has no other facts. */
export const gatewayPublished = (stored: StoredFact): PublicEvent | null => auditEvent('gateway', stored);
