// What can be asked about the operations of any capability, and done with them: one set of queries and commands, of which a
// capability fills in what is its own (`OperationVerbs`). Never: what is true of the operations of one capability alone.
import { cancelOperation } from './cancel-operation.command.js';
import { checkOperation } from './check-operation.command.js';
import { getOperationFacts } from './get-operation-facts.query.js';
import { getOperation } from './get-operation.query.js';
import { markOperation } from './mark-operation.command.js';
import type { KnownOperation, OperationVerbs } from './operation-verbs.js';
import type { ReadingPorts } from './reading.js';
import { runOperationAgain } from './run-operation-again.command.js';
import { waitForOperation } from './wait-for-operation.query.js';

/** The queries and commands that every capability has for its operations. */
export const operationUseCases = <Ports extends ReadingPorts, Known extends KnownOperation>(
  of: OperationVerbs<Ports, Known>,
) => ({
  commands: {
    cancelOperation: cancelOperation(of),
    checkOperation: checkOperation(of),
    runOperationAgain: runOperationAgain(of),
    markOperation: markOperation(of),
  },
  queries: {
    getOperation: getOperation(of),
    getOperationFacts: getOperationFacts(of),
    waitForOperation: waitForOperation(of),
  },
});
