import { expect, it } from '@jest/globals';
import { problems, type ProblemCode } from '@drover/contracts';
import { reject } from '@drover/kernel';
import { sourceRefusal } from './source-answer.js';

const refused = (code: ProblemCode) => sourceRefusal(reject(code, 'why'), 'web-01');

it.each([
  ['not_found', 404, 'VM not found in vCenter'],
  ['vm_gone', 404, 'VM not found in vCenter'],
  ['connection_blocked', 409, 'vCenter connection failed'],
  ['provider_unreachable', 500, 'vCenter connection failed'],
  ['provider_error', 500, 'VMware API error'],
  ['internal', 500, problems.internal[1]],
  ['view_unreadable', 503, problems.view_unreadable[1]],
  ['operation_timed_out', 504, problems.operation_timed_out[1]],
  ['operation_in_progress', 409, problems.operation_in_progress[1]],
] as const)('the older paths say %s with %i and “%s”', (code, status, error) =>
  expect(refused(code)).toMatchObject({ code, status, error, vm_id: 'web-01' }),
);

it('what goes wrong at a provider is 500 there, whatever it is', () => {
  const codes = Object.keys(problems) as ProblemCode[];
  expect(codes.filter((code) => refused(code).status === 502)).toEqual([]);
});
