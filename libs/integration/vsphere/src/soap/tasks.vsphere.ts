// Waits for a task of the provider, as long as that makes sense. Never: a machine taken for changed because its task
// succeeded, or an error that says that nothing was sent.
import { ProviderFault, sleep, type Clock } from '@drover/ports';
import { isGone, readFault, taskFault } from '../faults.vsphere.js';
import { MACHINE } from '../machines/machine.vsphere.js';
import { retrieve, valueOf, type ObjectContent } from './properties.vsphere.js';
import type { ProviderSession } from '../session/session.vsphere.js';
import { localizedFault } from './soap.vsphere.js';
import { textAt, type Ref } from './xml.vsphere.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** A task that takes longer is on its way: the provider took it, and only a reading says what became of it. */
const LIMIT_MS = 60_000;

/**
 * What one look at a task and its machine says. `gone`: the provider has tidied it away, so it ended and nobody can say
 * how. Throws what it ended with, or what holds it.
 */
const stateOf = (found: readonly ObjectContent[]): 'success' | 'gone' | 'running' => {
  const task = found.find(({ ref }) => ref.type === 'Task');
  const machine = found.find(({ ref }) => ref.type === MACHINE);
  const state = task && valueOf(task, 'info.state');
  if (!task) return 'gone';
  if (state === 'success') return state;
  if (state === 'error') throw taskFault(localizedFault(task.values['info.error']));
  const question = textAt(machine?.values['runtime.question'], 'text');
  if (question !== undefined) throw new ProviderFault('guest_question_pending', question, 'maybe');
  return 'running';
};

/** Whatever breaks the waiting, the task was taken. */
const broken = (error: unknown) => new ProviderFault('no_answer', readFault(error).detail, 'maybe', { cause: error });

/** Waits for the end of a task, as long as that makes sense; says whether it was seen to end in success. */
export const taskEnd = async (
  { session, clock }: { readonly session: ProviderSession; readonly clock: Clock },
  { task, machine }: { readonly task: Ref; readonly machine: Ref },
  signal: AbortSignal,
): Promise<boolean> => {
  const wanted = [
    { type: 'Task', paths: ['info.state', 'info.error'] },
    { type: MACHINE, paths: ['runtime.question'] },
  ];
  const look = () =>
    session
      .run((ask, content) => retrieve(ask, content, [task, machine], wanted), signal)
      .catch((error: unknown) => {
        if (isGone(error)) return []; // the provider has tidied the task away
        throw broken(error);
      });
  const until = clock.monotonic() + LIMIT_MS;
  for (let wait = FIRST_WAIT_MS; clock.monotonic() < until; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const state = stateOf(await look());
    if (state !== 'running') return state === 'success';
    await sleep(clock, wait, signal).catch((error: unknown) => {
      throw broken(error);
    });
  }
  return false;
};
