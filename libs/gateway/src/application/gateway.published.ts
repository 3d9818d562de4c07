import type { Said } from '@drover/contracts';
import { auditSaid, type StoredFact } from '@drover/ports';

/** The gateway tells of who was let in, who was not, and who left; it has no other facts. */
export const gatewayPublished = (stored: StoredFact): Said | null => auditSaid('gateway', stored);
