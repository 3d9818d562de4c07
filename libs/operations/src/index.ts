export { evolveRecord, recordOf } from './record.js';
export { NO_EVIDENCE, shownOperation, type Joined, type OperationWork } from './shown.js';
