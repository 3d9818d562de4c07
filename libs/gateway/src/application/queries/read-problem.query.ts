import * as z from 'zod';
import { isProblemCode, problems } from '@drover/contracts';
import { defineQuery, reject } from '@drover/kernel';
import { escaped, html } from '../../domain/html.js';

/** What a refusal means, and what to do: the page that a problem's `type` leads to. */
export const readProblem = defineQuery({
  name: 'docs.problem',
  input: z.strictObject({ code: z.string() }),
  needs: () => [],
  async handle({ code }) {
    if (!isProblemCode(code)) return reject('not_found', 'There is no such problem.');
    const [status, title, retryable, hint] = problems[code];
    const again = retryable ? 'The same request may succeed later.' : 'The same request will be refused again.';
    return html(
      title,
      '',
      `<h1>${escaped(title)}</h1><p><code>${code}</code>, status ${status}</p><p>${escaped(hint)}</p><p>${again}</p>`,
    );
  },
});
