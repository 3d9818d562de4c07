import { cancelOperation } from './cancel-operation.command.js';
import { verbLaws } from './testing.js';

verbLaws('cancel', cancelOperation, { input: { reason: 'x' }, sent: null });
