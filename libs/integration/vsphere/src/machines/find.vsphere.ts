// Which reference is a machine now. References (`vm-57`) are given again, so a kept one is believed only when what is under
// it says the instance UUID. Never: choose one of two references with the same UUID; nobody can tell which is meant, so
// neither is used.
import { ProviderFault, type MachineRef } from '@drover/ports';
import { readFault } from '../faults.vsphere.js';
import { MACHINE } from './machine.vsphere.js';
import { readEach, valueOf, type ObjectContent } from '../soap/properties.vsphere.js';
import type { OpenConnection } from '../session/sessions.vsphere.js';
import { returned, VimFault } from '../soap/soap.vsphere.js';
import { escape, refOf, type Ref } from '../soap/xml.vsphere.js';

/** Asks the provider who carries an instance uuid now. */
export const find = async (
  { session, cache }: OpenConnection,
  { key: instanceUuid }: Pick<MachineRef, 'key'>,
  signal: AbortSignal,
): Promise<Ref> => {
  const which = `<uuid>${escape(instanceUuid)}</uuid><vmSearch>true</vmSearch><instanceUuid>true</instanceUuid>`;
  const answer = await session.run(
    (ask, { searchIndex: self }) => ask({ method: 'FindByUuid', self, inner: which }),
    signal,
  );
  const ref = refOf(returned(answer)[0]);
  if (!ref) {
    cache.forget(instanceUuid);
    throw new ProviderFault('not_found', `the provider knows no machine with the instance uuid ${instanceUuid}`);
  }
  cache.learn(instanceUuid, ref.id);
  return ref;
};

/** Properties without which a machine cannot be shown. */
const NEEDED = ['config.instanceUuid', 'runtime.powerState'];

/** Several references say that they are one machine: nobody can tell which of them is meant. */
const ambiguous = (instanceUuid: string, ids: readonly string[]) =>
  new ProviderFault(
    'provider_error',
    `the provider shows several machines with the instance uuid ${instanceUuid}: ${ids.join(', ')}`,
  );

/** How one machine is read for power. `ask`: the provider is asked who it is, whatever was kept. */
export interface Looking {
  readonly paths: readonly string[];
  readonly ask?: boolean;
}

/**
 * Reads properties of a machine, `config.instanceUuid` among them, under its only reference. A reference that was kept is
 * believed only when what it leads to says that it is the machine; else the provider is asked once more who it is. While
 * another reference says so, too, or cannot say who it is any more, neither is believed. One that is found and does not
 * say who it is has not left: it cannot be read.
 */
export const readMachine = async (
  open: OpenConnection,
  machine: Pick<MachineRef, 'key'>,
  { paths, ask = false }: Looking,
  signal: AbortSignal,
): Promise<ObjectContent> => {
  const { session, cache } = open;
  const uuidOf = (found: ObjectContent) => valueOf(found, 'config.instanceUuid')?.toLowerCase();
  const wanted = machine.key.toLowerCase();
  /** What is under the references that were kept, less those that say they are another. */
  const carriers = async () => {
    const kept = cache.idsOf(wanted);
    const refs = kept.map((id) => ({ type: MACHINE, id }));
    const found = await readEach(session, refs, [{ type: MACHINE, paths }], signal);
    const here = new Set(found.map(({ ref }) => ref.id));
    for (const id of kept) if (!here.has(id)) cache.drop(id);
    for (const each of found) cache.learn(uuidOf(each) ?? wanted, each.ref.id);
    const [one, ...others] = found.filter((each) => (uuidOf(each) ?? wanted) === wanted);
    if (one && others.length > 0)
      throw ambiguous(
        machine.key,
        [one, ...others].map(({ ref }) => ref.id),
      );
    const hidden = NEEDED.find((path) => one?.missing?.[path] !== undefined);
    if (hidden !== undefined) throw new VimFault(one?.missing?.[hidden] ?? '', `${hidden} may not be read`);
    return one;
  };
  try {
    const before = ask ? undefined : await carriers();
    if (before && uuidOf(before) === wanted) return before;
    const ref = await find(open, machine, signal);
    const found = await carriers();
    if (found && uuidOf(found) === wanted) return found;
    if (found) throw new ProviderFault('provider_error', `config.instanceUuid of ${ref.id} is not set`);
  } catch (error) {
    throw readFault(error);
  }
  throw new ProviderFault('not_found', `the machine ${machine.key} left while it was looked for`);
};
