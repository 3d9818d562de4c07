// Where a refusal, which is a value everywhere else, becomes an exception, because Nest answers by those. Never: thrown
// below the door.
import { HttpException } from '@nestjs/common';
import { problemOf, type Problem, type ProblemCode } from '@drover/contracts';
import { isRejection, reject, type Rejection, type RejectionDetail } from '@drover/kernel';

/** A refusal as the exception Nest expects; it exists at the door only. */
export class Refused extends HttpException {
  constructor(
    readonly problem: Problem,
    options?: ErrorOptions,
  ) {
    super(problem, problem.status, options);
  }
}

/** The answer, or the refusal thrown. */
export const answered = <Answer>(answer: Answer | Rejection<ProblemCode>): Exclude<Answer, Rejection> => {
  if (isRejection(answer)) throw new Refused(problemOf(answer));
  return answer as Exclude<Answer, Rejection>;
};

/** A refusal of the door's own. */
export const refuse = (code: ProblemCode, because: string, detail: RejectionDetail = {}, options?: ErrorOptions) =>
  new Refused(problemOf(reject(code, because, detail)), options);
