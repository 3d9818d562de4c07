import { createHash } from 'node:crypto';

/** A fingerprint: equal for equal content. Give it parsed input, whose members stand in the order of their schema. */
export const hashOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('base64url');
