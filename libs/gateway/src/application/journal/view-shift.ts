// How processes share journal and views: one draws a run and writes the journal, and of each shape of views one writes them.
// Views of another journal, or of a later copy of this one, are dropped and built again.
// Never: a write or a drop after the lease is over; it is asked for in the last line before each.
import { services } from '@drover/contracts';
import { assertHeld, ViewsMoved, type InTurn, type JournalState, type ServiceShift } from '@drover/ports';
import { loadConnections } from '../views/views.js';
import type { JournalPorts } from './journal-ports.js';
import type { ViewWriter } from './view-writer.js';

/** What the shift takes. */
interface ViewShiftPorts extends Pick<JournalPorts, 'journal' | 'views' | 'notifier' | 'freshness'> {
  readonly writer: ViewWriter;
  readonly follow: () => Promise<void>;
  readonly turn: InTurn;
  /** From nothing: what was shown before is of another journal. */
  readonly showAnew: (state: JournalState) => void;
  readonly report: (where: string, error: unknown) => void;
}

const LOST =
  'The journal was trimmed by an older release, which did not keep what views of a new shape need: it is rebuilt from the events, and every stream starts over, this once.';

/** The shift of the gateway, and how journal and views begin anew. */
export const viewShift = (ports: ViewShiftPorts) => {
  const { journal, views, notifier, freshness, writer, follow, turn, showAnew, report } = ports;
  const { parked, unreadable, drain } = writer;
  const { group } = views;
  let agreed = ''; // the generation of which the views are known to be

  /** Not those that another process has written since they were found to be of no use. */
  const dropViews = async (ifRevision?: number) => {
    if (!(await group.reset(ifRevision)))
      throw new ViewsMoved('another process has written the views that were to be dropped');
    await parked.forget();
    await loadConnections(views);
    const state = await journal.state();
    showAnew(state);
    agreed = state.generation;
  };

  /** The journal begins anew, and what it could not parse comes again. */
  const restart = async () => {
    await journal.restart();
    await unreadable.forget();
    await dropViews();
  };

  /** Does something to the views, and notes what they have been told where they have what there was before it. */
  const heeding = async (work: () => Promise<unknown>) => {
    const told = await Promise.all(services.map(async (each) => [each, await journal.checkpoint(each)] as const));
    const { head } = await journal.state();
    await work();
    if (views.shown.position < head) return false;
    for (const [service, position] of told) freshness.took(service, position);
    notifier.grown();
    return true;
  };

  /** Whether the views lack what nobody remembers: then only a journal that begins anew can give them all. */
  const isLost = async () => {
    const { generation, floor, unremembered } = await journal.state();
    const at = await group.checkpoint(generation);
    return at < floor && at < unremembered;
  };

  /** Brings the views to the end of the journal. Those of another journal, or of a later copy, are dropped before. */
  const catchUp = async (isHeld: () => boolean) => {
    await follow();
    const { generation } = views.shown;
    const revision = await group.revision();
    const at = await group.checkpoint(generation);
    if ((at === 0 && agreed !== generation) || at > (await journal.state()).head) {
      assertHeld(isHeld, 'views');
      await dropViews(revision);
    }
    await drain([], isHeld);
  };

  const shift: ServiceShift = {
    views: group.name,
    keepUp: (isHeld) =>
      turn(async () => (await isLost()) || (await heeding(() => catchUp(isHeld)))).catch((error: unknown) => {
        if (error instanceof ViewsMoved) return false; // whoever had them before wrote once more: they are read again
        throw error;
      }),
    takeOver: (isHeld) =>
      turn(async () => {
        // In the last line before each: a process that slept since it asked does not write under another one.
        assertHeld(isHeld, 'journal');
        await journal.begin();
        if (await isLost()) {
          report('journal', new Error(LOST));
          assertHeld(isHeld, 'journal');
          await restart();
        }
        await catchUp(isHeld);
      }),
    follow: () => turn(async () => void (await heeding(follow))),
    upToNow: async () => {
      const { generation, head } = await journal.state();
      return () => views.shown.generation !== generation || views.shown.position >= head;
    },
    catchUp: () => {
      const { generation, head } = views.start;
      return views.shown.generation === generation ? { done: views.shown.position, of: head } : null;
    },
  };

  /** Everything comes again from the owners' logs, under another generation. */
  const reset = () =>
    turn(async () => {
      await journal.begin();
      await restart();
    });
  return { shift, reset };
};
