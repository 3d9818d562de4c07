// The faults that are set for the sites: those of `faults.json` and those of a test. The file is read again when its version
// changed, before each call. Never: use a part of a file that cannot be read; every call fails then, so nobody trusts faults
// that are not set.
import { readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import type { ConnectionId } from '@drover/kernel';
import { powerCallNames, powerCalls, ProviderFault, type PowerCall } from '@drover/ports';

/** A restart has one name here, whichever way it is done. */
const named = (happening: Happening) => {
  if (happening === 'reboot-guest' || happening === 'reset') return 'restart';
  return happening === 'list' ? 'read' : happening;
};
const callNames = new Set(powerCallNames.map(named));

/**
 * One thing that goes wrong. `vm`: a name, a vmId, a connection, or all. `ms`: how much later a `delay` is.
 * `times`: how often; without it, until the list changes. The first that fits a call is the one that happens to it.
 */
export const SiteFault = z.strictObject({
  vm: z.string().min(1),
  call: z.enum(['read', ...callNames, '*']),
  do: z.enum(['reject', 'drop-response', 'delay', 'hang', 'wrong-state', 'tools-off', 'disconnected', 'unavailable']),
  ms: z.int().min(0).default(0),
  times: z.int().min(0).exactOptional(),
});
/** A fault as it was set. */
export type SiteFault = z.output<typeof SiteFault>;

/** Whom a call concerns: all that a fault may call it by. */
export type FaultSubject = readonly string[];

/** What can go wrong with: a power call, a reading, or a look at a whole site. */
export type Happening = PowerCall | 'read' | 'list';

/** The faults in force. */
export interface Faults {
  /** The fault that happens to this call, counted as having happened. */
  take(subject: FaultSubject, happening: Happening): SiteFault | null;
  /** Whether a site cannot be reached just now; counts nothing. */
  unavailable(connectionId: ConnectionId): boolean;
  /** Replaces the faults that were set before; those of the file stay. */
  set(faults: readonly z.input<typeof SiteFault>[]): void;
}

type Entry = SiteFault & { left: number };

const counted = (faults: readonly SiteFault[]): Entry[] =>
  faults.map((fault) => ({ ...fault, left: fault.times ?? Infinity }));

/** Who needs tools: whoever asks the guest, and whoever reads them. */
const needsTools = (happening: Happening) =>
  happening === 'read' || (happening !== 'list' && powerCalls[happening].asksGuest);

/**
 * A look at a site can only fail as a whole; a state is wrong for calls alone; tools are off for who needs them. That a
 * site cannot reach a machine shows in a reading; what becomes of calls is another fault's to say.
 */
const possible = (wrong: SiteFault['do'], happening: Happening) => {
  if (happening === 'list') return wrong === 'unavailable';
  if (wrong === 'wrong-state') return happening !== 'read';
  if (wrong === 'disconnected') return happening === 'read';
  return wrong !== 'tools-off' || needsTools(happening);
};

const fits = (fault: Entry, subject: FaultSubject, happening: Happening) =>
  fault.left > 0 &&
  (fault.vm === '*' || subject.includes(fault.vm)) &&
  (fault.call === '*' || fault.call === named(happening)) &&
  possible(fault.do, happening);

const unusable = (why: string) => new ProviderFault('provider_error', `faults.json ${why}`);

const ABSENT = '';
const versionOf = (path: string): string => {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat ? `${stat.ino} ${stat.mtimeNs} ${stat.size}` : ABSENT;
  } catch (error) {
    return String(error); // reading it will fail, too, and say so
  }
};

const textOf = (path: string): string | ProviderFault | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? null : unusable(`cannot be read: ${message}`);
  }
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The file's faults; nothing when it is not whole yet, or gone again. */
const read = (path: string): readonly SiteFault[] | ProviderFault | null => {
  const text = textOf(path);
  if (typeof text !== 'string') return text;
  const json = parsed(text);
  if (json === undefined) return null;
  const list = z.array(SiteFault).safeParse(json);
  if (list.success) return list.data;
  return unusable(`is no list of faults: ${z.prettifyError(list.error)}`);
};

/**
 * Opens the file of faults. It is looked at on each call, so a fault that was written before a call happens to it. A
 * file that is being written changes nothing yet; one that cannot be read or is no list of faults fails every call, so
 * nobody trusts it.
 */
export const openFaults = (path: string): Faults => {
  let seen = ABSENT;
  let inFile: Entry[] = [];
  let set: Entry[] = [];
  let broken: ProviderFault | null = null;

  const refresh = () => {
    const now = versionOf(path);
    if (now === seen) return;
    const faults = now === ABSENT ? [] : read(path);
    if (!faults) return;
    seen = now;
    broken = faults instanceof ProviderFault ? faults : null;
    inFile = faults instanceof ProviderFault ? [] : counted(faults);
  };
  const first = (subject: FaultSubject, happening: Happening) => {
    refresh();
    return [...set, ...inFile].find((fault) => fits(fault, subject, happening));
  };

  return {
    take: (subject, happening) => {
      const fault = first(subject, happening);
      if (broken) throw broken;
      if (fault) fault.left -= 1;
      return fault ?? null;
    },
    unavailable: (connectionId) => first([connectionId], 'list') !== undefined,
    set: (faults) => void (set = counted(z.array(SiteFault).parse(faults))),
  };
};
