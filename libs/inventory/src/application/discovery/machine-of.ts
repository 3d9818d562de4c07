// By what a provider knows a machine. Never: a machine that is retired, or that no provider has shown.
import type { Alias, ConnectionId } from '@drover/kernel';
import { livingIn, type VmState } from '../../domain/vm.js';

/** The machine of a stream, as its provider knows it; null when there is nobody to read. */
export const machineOf = (vm: VmState): { readonly connectionId: ConnectionId; readonly key: string } | null => {
  const living = livingIn(vm);
  if (!living || living.is === 'registered' || living.connectionId === null) return null;
  const { connectionId, aliases } = living;
  const own = ({ kind, source }: Alias) => kind === 'instance-uuid' && source === connectionId;
  const key = aliases.find(own)?.value;
  return key === undefined ? null : { connectionId, key };
};
