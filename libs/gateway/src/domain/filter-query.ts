// Makes the filter of a stream or a list of what a client asks and of what the actor may see. Never: a filter that lets more
// through because more was asked; the scope comes from the actor alone.
import { reject, scopeOf, type Actor } from '@drover/kernel';
import { selectorOf, termsOf, type Filter } from './stream-filter.js';

/** The filters of a stream or a list of events, as they come in. */
export interface FilterQuery {
  readonly event_types?: readonly string[];
  readonly worker_ids?: readonly string[];
  readonly vm?: readonly string[];
  readonly group?: readonly string[];
  readonly operation?: readonly string[];
  readonly severity?: readonly string[];
}

const MAX_TERMS = 100;
const NO_TYPE = 'Such a type is never told: name one of a CloudEvent, or worker_status, lab_status, worker_metrics.';
const any = (values: readonly string[] | undefined) =>
  values && values.length > 0 ? [...new Set(values)].sort() : null;

/** What an actor wants and may see; a refusal when nothing could ever fit. */
export const filterOf = (asked: FilterQuery, actor: Actor) => {
  const types = asked.event_types?.length ? asked.event_types.map(selectorOf) : null;
  const known = types?.filter((selector) => selector !== null) ?? null;
  if (types && known?.length !== types.length) return reject('filter_invalid', NO_TYPE, { pointer: '?/event_types' });
  const filter: Filter = {
    types: known,
    vm: any(asked.vm),
    worker: any(asked.worker_ids),
    group: any(asked.group),
    operation: any(asked.operation),
    severity: any(asked.severity),
    audit: scopeOf(actor, 'audit:read') === 'all',
    scope: scopeOf(actor, 'vm:read'),
  };
  if (termsOf(filter) > MAX_TERMS)
    return reject('filter_invalid', `A filter has ${MAX_TERMS} values at most.`, { pointer: '?' });
  return filter;
};
