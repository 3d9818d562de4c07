// One provider for all connections: every call goes to the adapter of the connection's kind. Never: a rule about calls here,
// which would hold for each kind and belongs before all of them, in the guard.
import type { ConnectionKind } from '@drover/kernel';
import { ProviderFault, type MachineCatalog, type PowerControl, type Provider } from '@drover/ports';

/** Each adapter speaks to the connections of its kind; of a kind that nobody speaks every call fails. */
export const providersByKind = (adapters: ReadonlyMap<ConnectionKind, Provider>): Provider => {
  const of = (kind: ConnectionKind) => {
    const adapter = adapters.get(kind);
    if (!adapter) throw new ProviderFault('provider_error', `nothing here speaks to connections of kind ${kind}`);
    return adapter;
  };
  const control: PowerControl = {
    read: async (machine, signal) => of(machine.target.kind).control.read(machine, signal),
    send: async (machine, call, token, signal) => of(machine.target.kind).control.send(machine, call, token, signal),
  };
  const catalog: MachineCatalog = {
    test: async (target, signal) => of(target.kind).catalog.test(target, signal),
    list: (target, signal) => of(target.kind).catalog.list(target, signal),
    identities: (target, signal) => of(target.kind).catalog.identities(target, signal),
    read: async (target, keys, signal) => of(target.kind).catalog.read(target, keys, signal),
    watch: (target, signal) => of(target.kind).catalog.watch(target, signal),
    release: async (target) => of(target.kind).catalog.release(target),
  };
  return { control, catalog, ping: async (target, signal) => of(target.kind).ping(target, signal) };
};
