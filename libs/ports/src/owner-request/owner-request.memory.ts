// Requests between the services of one process, as calls of functions. Never: an answer that is changed on the way.
import { reject } from '@drover/kernel';
import type { OwnerAnswers, OwnerRequest } from './owner-request.js';

/** Requests between the services of one process. */
export interface MemoryOwnerRequest extends OwnerRequest {
  /** How a service answers from now on. */
  offer(answers: OwnerAnswers): void;
}

/** The reference adapter: a call of a function. */
export const memoryOwnerRequest = (): MemoryOwnerRequest => {
  let answers: OwnerAnswers = {};
  return {
    offer: (more) => void (answers = { ...answers, ...more }),
    send: async (route, input, actor) => {
      const answer = answers[route];
      if (!answer) return reject('not_ready', 'The service that answers this is not there. Nothing was done.');
      return answer(input, actor);
    },
  };
};
