import { describe, expect, it } from '@jest/globals';
import { OperationId, reject, StreamId, VmId } from '@drover/kernel';
import {
  codeOf,
  faults,
  isProblemCode,
  Problem,
  problemInside,
  problemOf,
  problems,
  type ProblemCode,
} from './problems.js';
import { routes, type RouteDefinition } from './routes.js';

const codes = Object.keys(problems) as ProblemCode[];

describe.each(codes)('%s', (code) => {
  const [status, title, retryable, hint] = problems[code];

  it('has a status of a refusal, a title and an advice: the text of its page', () => {
    expect([
      400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 428, 429, 500, 502, 503, 504, 507,
    ]).toContain(status);
    expect(title).toMatch(/^[A-Z][^.]+$/);
    expect(hint).toMatch(/^[A-Z].+\.$|^See /);
  });

  it('is said as a problem, with the members that older clients read', () => {
    const problem = problemOf({ rejected: code, because: 'web-01 is away. Nothing was done.' });
    expect(Problem.parse(problem)).toEqual(problem);
    expect(problem).toMatchObject({ type: `/problems/${code}`, code, status, title, hint, retryable, links: {} });
    expect(problem).toMatchObject({ error: title, detail: problem.details });
  });

  it('promises a retry only where time can fix it', () => {
    if (status === 429) expect(retryable).toBe(true);
    if (status === 400 || status === 401 || status === 403 || status === 404 || status === 410)
      expect(retryable).toBe(false);
  });
});

it('leads to no page that is not there, or that can be switched off', () => {
  const served = Object.values<RouteDefinition>(routes)
    .filter(({ name }) => !['docs.page', 'docs.asset', 'docs.document'].includes(name))
    .map(({ path }) => path);
  const hints = [...Object.values(problems), ...Object.values(faults)].map((row) => String(row.at(-1)));
  const named = hints.flatMap((hint) => hint.match(/(?<= )\/[a-z][\w/{}-]*/g) ?? []);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((path) => !served.includes(path))).toEqual([]);
});

it('stands in the order of the alphabet, so that nothing is there twice', () =>
  expect(codes).toEqual([...codes].sort()));

it('says what else it knows: the operation in the way, candidates, the machine, when to come back, what is wrong', () => {
  const vmId = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
  const see = OperationId.of('power', StreamId.of('power', vmId), 17);
  const candidates = [{ id: vmId, name: 'web-01', connectionId: null }];
  const more = { see, candidates, vmId, retryAfterSeconds: 3, pointer: '/mode' };
  const problem = problemOf(reject('operation_in_progress', 'One runs.', more));
  expect(Problem.parse(problem)).toEqual(problem);
  expect(problem).toMatchObject({
    links: { operation: `/api/v1/operations/${see}` },
    candidates,
    vm_id: vmId,
    retryAfterMs: 3000,
    errors: [{ pointer: '/mode', code: 'invalid', message: 'One runs.' }],
  });
});

it.each([401, 404, 405, 406, 408, 413, 415, 429, 503])(
  'the server itself refuses with a code of that very status: %i',
  (status) => expect(problems[codeOf(status)][0]).toBe(status),
);

it.each([
  [400, 'invalid_request'],
  [418, 'invalid_request'],
  [500, 'internal'],
  [599, 'internal'],
] as const)('any other status the server chooses is a code of its kind: %i', (status, code) =>
  expect(codeOf(status)).toBe(code),
);

it('a code is ours only when it stands in the table', () =>
  expect(['not_found', 'toString', 'capacity_unavailable'].map(isProblemCode)).toEqual([true, false, false]));

it('a fault inside an operation keeps its own code', () => {
  expect(problemInside('vm_suspended', 'x')).toMatchObject({ code: 'vm_suspended', status: 409 });
  expect(problemInside('guest_question_pending', 'x')).toMatchObject({
    code: 'guest_question_pending',
    type: '/problems/guest_question_pending',
    title: 'Guest waits for an answer',
    status: 500,
  });
});

it('a fault that no page explains is an error of the provider, and keeps its name', () =>
  expect(problemInside('something_else', 'x')).toMatchObject({ code: 'provider_error', detail: 'something_else: x' }));

it('the words of faults stand in the order of the alphabet too, and none is a refusal as well', () => {
  expect(Object.keys(faults)).toEqual(Object.keys(faults).sort());
  expect(Object.keys(faults).filter(isProblemCode)).toEqual([]);
});
