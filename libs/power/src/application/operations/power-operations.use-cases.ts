// What power fills in for its operations: a file for each verb beside this one, put together. Never: a verb whose right is
// not asked in `permitted`.
import { operationUseCases } from '@drover/operations';
import { powerMapping } from '../power.published.js';
import { cancel } from './cancel-operation.js';
import { check } from './check-operation.js';
import { mark } from './mark-operation.js';
import { permitted, type PermittedOperation, type VerbPorts } from './permitted-operation.js';
import { commitsAround, readOperation } from './read-operation.js';
import { runAgain } from './run-operation-again.js';

/** What can be asked about the operations of power, and done with them. A verb takes the right of the request it is for. */
export const powerOperationUseCases = operationUseCases<VerbPorts, PermittedOperation>({
  ...{ mapping: powerMapping, needs: [], read: readOperation, commits: commitsAround },
  ...{ permitted, cancel, check, mark, runAgain },
});
