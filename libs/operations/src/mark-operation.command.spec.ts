import { markOperation } from './mark-operation.command.js';
import { verbLaws } from './testing.js';

verbLaws('mark', markOperation, {
  input: { outcome: 'failed', reason: 'x' } as const,
  sent: { outcome: 'failed', reason: 'x' },
});
