import { checkOperation } from './check-operation.command.js';
import { verbLaws } from './testing.js';

verbLaws('check', checkOperation, { input: { reason: 'x' }, sent: null });
