// Which events a reader of the stream gets, and under which name: a pure function of the filter, the scope and what an event
// is about. The scope is looked at first. Never: give a reader an event of a group that the scope does not reach, or one of
// the audit without the right to it.
import { reaches, type GroupId, type OperationId, type Scope, type VmId } from '@drover/kernel';

/** What a filter looks at in an event. */
export interface Traits {
  readonly type: string;
  readonly vm: VmId | null;
  /** A worker's id is its vmId; what happens to its labs has it as partition key, too. */
  readonly worker: string;
  readonly groups: readonly GroupId[];
  /** The groups of the machine or the connection that it is about: they say who is told. */
  readonly reach: readonly GroupId[];
  readonly operation: OperationId | null;
  readonly severity: string | null;
}

/** Which types, and under which name they arrive: an alias keeps its own, because EventSource has no wildcard. */
export interface Selector {
  readonly type: string;
  readonly family: boolean;
  readonly alias: string | null;
}

type Any = readonly string[] | null;

/**
 * What one reader wants and may see: any of the values within one, all of the dimensions together; null asks for
 * nothing.
 */
export interface Filter {
  readonly types: readonly Selector[] | null;
  readonly vm: Any;
  readonly worker: Any;
  readonly group: Any;
  readonly operation: Any;
  readonly severity: Any;
  /** Whether the reader may see who was let in and who was not. */
  readonly audit: boolean;
  /** Of whose machines and connections the reader may be told. */
  readonly scope: Scope;
}

/** Names of the older clients. Samples are no facts: `worker_metrics` selects none. */
const aliases: Readonly<Record<string, string>> = {
  worker_status: 'io.drover.inventory.worker-*',
  lab_status: 'io.drover.inventory.lab-*',
  worker_metrics: 'samples',
};

/** Reads one value of `event_types`; null when nothing can ever have that name. */
export const selectorOf = (asked: string): Selector | null => {
  const alias = Object.hasOwn(aliases, asked) ? asked : null;
  const type = (alias && aliases[alias]) ?? asked;
  if (!alias && !type.startsWith('io.drover.')) return null;
  const family = type.endsWith('*');
  return { type: family ? type.slice(0, -1) : type, family, alias };
};

/** Facts of the `audit-` streams: whoever may read them has a right of its own. */
const isAudit = (type: string) => /^io\.drover\.[a-z]+\.audit-/.test(type);

const within = (any: Any, value: string | null) => any === null || (value !== null && any.includes(value));
const chooses = ({ type, family }: Selector, of: string) => (family ? of.startsWith(type) : of === type);

/** The name under which an event reaches a reader; null when it does not. */
export const nameFor = (filter: Filter, traits: Traits): string | null => {
  const { types, vm, worker, group, operation, severity, audit, scope } = filter;
  if (!reaches(scope, traits.reach)) return null;
  if (!audit && isAudit(traits.type)) return null;
  const chosen = types?.find((selector) => chooses(selector, traits.type));
  if (types && !chosen) return null;
  const wanted =
    within(vm, traits.vm) &&
    within(worker, traits.worker) &&
    within(operation, traits.operation) &&
    within(severity, traits.severity) &&
    (group === null || traits.groups.some((each) => group.includes(each)));
  return wanted ? (chosen?.alias ?? traits.type) : null;
};

/** How many values a filter has in all. */
export const termsOf = ({ types, vm, worker, group, operation, severity }: Filter) =>
  [types, vm, worker, group, operation, severity].reduce((sum, any) => sum + (any?.length ?? 0), 0);
