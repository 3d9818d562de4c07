import { isRejection, reject } from '@drover/kernel';
import { turnsRed } from '../laws/testing.js';
import { ownerRequestLaws, type OwnerRequestBench } from './owner-request.contract.js';
import { memoryOwnerRequest } from './owner-request.memory.js';
import type { OwnerRequest } from './owner-request.js';

const benchOf = (change: (send: OwnerRequest['send']) => OwnerRequest['send'] = (send) => send): OwnerRequestBench => {
  const requests = memoryOwnerRequest();
  return { requests: { send: change(requests.send) }, offer: requests.offer };
};

/** Wrong on purpose: it asks in its own name. */
const presumptuous = () =>
  benchOf((send) => (route, input, actor) => send(route, input, { ...actor, sub: 'gateway', rights: [] }));

/** Wrong on purpose: a right for some machines becomes one for all. */
const widening = () =>
  benchOf(
    (send) =>
      (route, input, { limits: _, ...actor }) =>
        send(route, input, actor),
  );

/** Wrong on purpose: what limits the question is left behind. */
const careless = () =>
  benchOf((send) => (route, input, actor) => send(route, { ...input, query: {} } as typeof input, actor));

/** Wrong on purpose: every refusal becomes the same. */
const blurring = () =>
  benchOf((send) => async (route, input, actor) => {
    const answer = await send(route, input, actor);
    return isRejection(answer) ? reject('internal', 'It did not work.') : answer;
  });

/** Wrong on purpose: it reads the answer before it passes it on. */
const editing = () =>
  benchOf((send) => async (route, input, actor) => {
    const answer = await send(route, input, actor);
    return isRejection(answer)
      ? answer
      : (JSON.parse(JSON.stringify({ ...(answer as object), timestamp: null })) as never);
  });

const asked = 'the owner is asked what was asked, as whoever asked';
const refusal = 'its refusal comes as a refusal, with what it points at';

turnsRed(ownerRequestLaws, benchOf, [
  [presumptuous, asked],
  [widening, asked],
  [careless, asked],
  [blurring, refusal, 'where no service answers it says so, and does not wait for one'],
  [editing, 'its answer comes as it gave it'],
]);
