// A short fingerprint of content, stored and compared from then on. Never: another way to make it; what was stored would not
// be known again.
import { hash } from 'node:crypto';

/** A fingerprint: equal for equal content. Give it parsed input, whose members stand in the order of their schema. */
export const hashOf = (content: unknown) => hash('sha256', JSON.stringify(content), 'base64url');
