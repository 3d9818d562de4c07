import { ProviderFault, type MachineRef } from '@drover/ports';
import { readFault } from './faults.vsphere.js';
import { MACHINE } from './machine.vsphere.js';
import { readEach, valueOf, type Found } from './properties.vsphere.js';
import type { Session } from './session.vsphere.js';
import type { Open } from './sessions.vsphere.js';
import { returned, VimFault } from './soap.vsphere.js';
import { escape, refOf, type Ref } from './xml.vsphere.js';

/** Asks the provider who carries an instance uuid now. */
export const find = async (
  { session, cache }: Open,
  { instanceUuid }: Pick<MachineRef, 'instanceUuid'>,
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

/** What nothing can be said of a machine without. */
const NEEDED = ['config.instanceUuid', 'runtime.powerState'];

const readOne = async (session: Session, ref: Ref, paths: readonly string[], signal: AbortSignal) => {
  const [found] = await readEach(session, [ref], [{ type: MACHINE, paths }], signal);
  const hidden = NEEDED.find((path) => found?.missing?.[path] !== undefined);
  if (hidden !== undefined) throw new VimFault(found?.missing?.[hidden] ?? '', `${hidden} may not be read`);
  return found;
};

/**
 * Reads properties of a machine, `config.instanceUuid` among them. A reference that was kept is believed only when what
 * it leads to says that it is the machine; else the provider is asked once more who it is. One that is found and does not
 * say who it is has not left: it cannot be read.
 */
export const readMachine = async (
  open: Open,
  machine: Pick<MachineRef, 'instanceUuid'>,
  paths: readonly string[],
  signal: AbortSignal,
) => {
  const uuidOf = (found: Found) => valueOf(found, 'config.instanceUuid')?.toLowerCase();
  const read = (ref: Ref) => readOne(open.session, ref, paths, signal);
  const wanted = machine.instanceUuid.toLowerCase();
  try {
    const kept = open.cache.idOf(machine.instanceUuid);
    const before = kept === undefined ? undefined : await read({ type: MACHINE, id: kept });
    if (before && uuidOf(before) === wanted) return before;
    const ref = await find(open, machine, signal);
    const found = await read(ref);
    if (found && uuidOf(found) === wanted) return found;
    if (found && uuidOf(found) === undefined)
      throw new ProviderFault('provider_error', `config.instanceUuid of ${ref.id} is not set`);
  } catch (error) {
    throw readFault(error);
  }
  throw new ProviderFault('not_found', `the machine ${machine.instanceUuid} left while it was looked for`);
};
