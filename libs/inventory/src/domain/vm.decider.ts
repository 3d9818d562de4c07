// What may happen to a machine: what people request here, what providers show in `decide/`. Time, readings and whether an
// operation runs come in with the command. Never: look anything up, or end the stream of a machine; one that left the fleet
// may come back into the same.
import {
  assertNever,
  reject,
  type Alias,
  type ConnectionId,
  type Decider,
  type GroupId,
  type OperationId,
  type Rejection,
  type VmId,
} from '@drover/kernel';
import { miss, type Miss } from './decide/miss-vm.js';
import { observe, observePower, type Observe, type ObservePower } from './decide/observe-vm.js';
import { same } from './same.js';
import { evolve, initialVm, type RetiredVm, type VmState } from './vm.js';
import type { VmFact } from './vm.events.js';

/** A request of a person, or news from a provider. Time and readings come in as data. */
export type VmCommand = Register | Edit | Retire | Merge | Observe | ObservePower | Miss;

type Register = {
  readonly type: 'Register';
  readonly name: string;
  readonly connectionId: ConnectionId | null;
  readonly aliases: readonly Alias[];
  readonly groupIds: readonly GroupId[];
  /** The stream was made from the request itself, so whoever is there already came by the same request. */
  readonly ownStream: boolean;
};
type Edit = {
  readonly type: 'Edit';
  readonly displayName?: string | null;
  readonly description?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
};
type Retire = {
  readonly type: 'Retire';
  /** The power operation of the machine that has not ended, as far as anyone heard. */
  readonly running: OperationId | null;
};

/** It turned out to be another machine. */
type Merge = { readonly type: 'Merge'; readonly into: VmId };

/** Why a request is not granted. */
export type VmRefusal = 'not_found' | 'vm_gone' | 'alias_conflict' | 'operation_in_progress';

type Decision = readonly VmFact[] | Rejection<VmRefusal>;

const nobody = reject('not_found', 'There is no such machine. Nothing was done.');
const known = reject('alias_conflict', 'A machine with this alias is known already. Nothing was done.');
const gone = ({ was }: RetiredVm) =>
  reject('vm_gone', `${was.name} is no longer in the fleet; its history stays. Nothing was done.`);

/** A machine that left the fleet may be registered anew; its stream, and so its history, is the same. */
const register = (vm: VmState, { type: _, ownStream, ...machine }: Register): Decision => {
  if (vm.is !== 'unheard' && ownStream) return [];
  if (vm.is !== 'unheard' && vm.is !== 'retired') return known;
  return [{ type: 'VmRegistered', ...machine }];
};

const edit = (vm: VmState, { displayName, description, labels }: Edit): Decision => {
  if (vm.is === 'unheard') return nobody;
  if (vm.is === 'retired') return gone(vm);
  const { said } = vm;
  // Views say what is simulated, and people send back what they read: no fact carries it.
  const { simulated: _, ...kept } = labels ?? said.labels;
  const next = {
    displayName: displayName === undefined ? said.displayName : displayName,
    description: description === undefined ? said.description : description,
    labels: kept,
  };
  return same(next, said) ? [] : [{ type: 'VmEdited', ...next }];
};

const retire = (vm: VmState, { running }: Retire): Decision => {
  if (vm.is === 'unheard') return nobody;
  if (vm.is === 'retired') return [];
  if (!running) return [{ type: 'VmRetired', cause: 'by_hand' }];
  return reject('operation_in_progress', `A power operation of ${vm.name} runs. It stays in the fleet.`, {
    see: running,
  });
};

/** Who has left the fleet is no other machine any more. */
const merge = (vm: VmState, { into }: Merge): Decision =>
  vm.is === 'unheard' || vm.is === 'retired'
    ? []
    : [
        { type: 'VmMerged', intoVmId: into },
        { type: 'VmRetired', cause: 'merged' },
      ];

/** The rules of the stream `vm-<vmId>`. A power operation that nobody here has heard of yet goes on to its end. */
export const vmDecider: Decider<VmCommand, VmFact, VmState, VmRefusal> = {
  initial: initialVm,
  evolve,
  decide(command, vm) {
    switch (command.type) {
      case 'Register':
        return register(vm, command);
      case 'Edit':
        return edit(vm, command);
      case 'Retire':
        return retire(vm, command);
      case 'Merge':
        return merge(vm, command);
      case 'Observe':
        return observe(vm, command);
      case 'ObservePower':
        return observePower(vm, command);
      case 'Miss':
        return miss(vm, command);
      default:
        return assertNever(command);
    }
  },
};
