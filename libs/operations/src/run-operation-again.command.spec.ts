import { expect } from '@jest/globals';
import { runOperationAgain } from './run-operation-again.command.js';
import { verbLaws } from './testing.js';

verbLaws('runAgain', runOperationAgain, { input: { reason: 'x' }, sent: expect.objectContaining({ reason: 'x' }) });
