// The page of a code, from the same table that refusals are made of. Never: words of a refusal that stand here alone.
import * as z from 'zod';
import { faults, isInsideCode, isProblemCode, problems } from '@drover/contracts';
import { defineQuery, reject } from '@drover/kernel';
import { escaped, html } from '../../domain/html.js';

/** What is to be said of a refusal, or of what went wrong inside an operation or a connection. */
const wordsOf = (code: string) => {
  if (isProblemCode(code)) {
    const [status, title, retryable, hint] = problems[code];
    const again = retryable ? 'The same request may succeed later.' : 'The same request will be refused again.';
    return { title, hint, again, met: `status ${status}` };
  }
  if (!isInsideCode(code)) return null;
  const [title, retryable, hint] = faults[code];
  const again = retryable ? 'It may pass by itself.' : 'It does not pass by itself.';
  return { title, hint, again, met: 'inside an operation or a connection' };
};

/** What a refusal means, and what to do: the page that a problem's `type` leads to. */
export const readProblem = defineQuery({
  name: 'docs.problem',
  input: z.strictObject({ code: z.string() }),
  needs: () => [],
  async handle({ code }) {
    const found = wordsOf(code);
    if (!found) return reject('not_found', 'There is no such problem.');
    const { title, met, hint, again } = found;
    return html(
      title,
      '',
      `<h1>${escaped(title)}</h1><p><code>${code}</code>, ${met}</p><p>${escaped(hint)}</p><p>${again}</p>`,
    );
  },
});
