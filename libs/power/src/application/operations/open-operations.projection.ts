// Which operations of power are open, and which stored events begin or end one. All of it follows from the public names of
// the events. Never: a list of types here, in which the next verb would be missing.
import type { Fact, Projection } from '@drover/kernel';
import { factRole, openOperationsOf, type OpenOperationRow } from '@drover/operations';
import type { StoredFact } from '@drover/ports';
import { powerEventNames } from '../power.published.js';

/** What is left to do: read at boot and by the reconciler, never to decide by. */
export const openOperations: Projection<
  StoredFact<Fact & { readonly op: number }>,
  OpenOperationRow
> = openOperationsOf('power', powerEventNames);

const role = factRole('power', powerEventNames);

/** Whether a fact ends an operation. */
export const endsOperation = (fact: Pick<Fact, 'type'>) => role(fact) === 'ends';

/** Whether a fact begins one. */
export const beginsOperation = (fact: Pick<Fact, 'type'>) => role(fact) === 'begins';
