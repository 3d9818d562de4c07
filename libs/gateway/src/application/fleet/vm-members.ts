// The members of `Vm` that do not depend on when it is read, each made from the row. Rows hold what was told, and none of this:
// what is shown can change without a rebuild. Nothing here reads a clock.
import type { Candidate } from '@drover/kernel';
import { candidateOf, type Vm, type VmLife } from '@drover/contracts';
import { vmTypeOf } from '../../domain/vm-type.js';
import { shownPower, type ShownPower } from './power-sources.js';
import type { KnownVmRow, VmRow } from './vm-row.js';

/** All of `Vm` but what depends on the moment of reading. */
export type VmMembers = Omit<Vm, 'actions' | 'asOf' | 'stale' | 'staleReason' | 'version' | 'power'> & {
  readonly power: Omit<Vm['power'], 'uptimeSeconds'>;
};

/** Its provider cannot reach it. */
export const DISCONNECTED = 'provider_disconnected';
const MISSING = 'vm_missing';

/** Where it is in its existence. A machine that is missing is active until it is known to be gone. */
export const lifecycleOf = ({ life }: Pick<KnownVmRow, 'life'>): Vm['lifecycle'] => {
  if (life.is === 'retired') return { state: 'retired', since: life.since, cause: life.cause };
  if (life.is === 'expected') return { state: 'expected', since: life.since, cause: null };
  return { state: 'active', since: life.is === 'missing' ? life.activeSince : life.since, cause: null };
};

const reasonsOf = (life: Extract<VmLife, { is: 'active' | 'missing' }>): Vm['health']['reasons'] => [
  ...(life.unreachedSince === null ? [] : [{ code: DISCONNECTED, since: life.unreachedSince }]),
  ...(life.is === 'missing' ? [{ code: MISSING, since: life.since }] : []),
];

/** How it is: nobody knows of a machine that no provider shows. */
export const healthOf = ({ life, contactAt: lastContactAt }: Pick<KnownVmRow, 'life' | 'contactAt'>): Vm['health'] => {
  if (life.is === 'expected' || life.is === 'retired') return { state: 'unknown', reasons: [], lastContactAt };
  const reasons = reasonsOf(life);
  return { state: reasons.length > 0 ? 'warning' : 'healthy', reasons, lastContactAt };
};

/** Its power, made from what inventory observed and what power verified. */
export const powerOf = ({ observed, verified }: Pick<KnownVmRow, 'observed' | 'verified'>): ShownPower =>
  shownPower(observed, verified);

/** Whether it is a template. */
export const kindOf = ({ template }: Pick<KnownVmRow, 'template'>): Vm['kind'] => (template ? 'template' : 'machine');

/** What people hang on it. The views alone say what is simulated, whatever people write under that name. */
export const labelsOf = ({ said, simulated }: Pick<KnownVmRow, 'said' | 'simulated'>): Vm['labels'] => {
  const { simulated: _, ...labels } = said.labels;
  return simulated ? { ...labels, simulated: 'true' } : labels;
};

/** No service replicates machines yet. */
export const PROTECTION = 'discovered';
/** No service tells of these yet. */
export const UNTOLD = { locked: false, unclaimed: false, worker: false } as const;

/** A machine that power alone told of, as it would be shown. */
const unheard = ({
  vmId,
  groupIds,
  heardAt,
  verified,
  operation,
  p,
}: Extract<VmRow, { known: false }>): KnownVmRow => ({
  ...{ known: true, vmId, sequence: 0, name: vmId, connectionId: null, aliases: [], groupIds, template: false },
  ...{ said: { displayName: null, description: null, labels: {} }, life: { is: 'expected', since: heardAt } },
  ...{ contactAt: null, observed: null, place: null, hardware: null, simulated: false, toldSince: heardAt },
  ...{ verified, operation, p },
});

/** The row as of a machine that inventory told of. */
export const knownVmRow = (row: VmRow): KnownVmRow => (row.known ? row : unheard(row));

/** The members of a machine that inventory told of. */
export const membersOf = (row: KnownVmRow): VmMembers => {
  const { vmId, name, aliases, connectionId, groupIds, said, hardware, operation, toldSince } = row;
  const { bootAt: _, ...power } = powerOf(row);
  return {
    ...{ id: vmId, name, kind: kindOf(row), aliases, connectionId, groupIds, displayName: said.displayName },
    ...{ description: said.description ?? '', labels: labelsOf(row), type: vmTypeOf(name) },
    lifecycle: lifecycleOf(row),
    power: {
      ...{ state: power.state, tools: power.tools, lastChangeAt: power.lastChangeAt, heldByRunId: null, desired: null },
      ...{ observedAt: power.observedAt, lastKnown: power.lastKnown },
    },
    protection: {
      ...{ state: PROTECTION, jobId: null, runId: null, lastSyncAt: null, rpoSeconds: null, rpoMet: null },
      since: toldSince,
    },
    health: healthOf(row),
    ...{ reported: null, hardware, operations: { power: operation, protection: null } },
    ...UNTOLD,
  };
};

/** What tells a machine from another of its name, its power as it is shown. */
export const shownCandidate = (row: KnownVmRow): Candidate => candidateOf(row, powerOf(row).state);
