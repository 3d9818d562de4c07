// What the specs of the capabilities say of lists and details. Nothing here is for production.
import { expect } from '@jest/globals';
import { hasEnded, type Evidence, type Operation } from '@drover/contracts';

/** What a list says of the evidence; what it does not know is left out. */
const told = (evidence: Evidence | null) =>
  Object.fromEntries(
    Object.entries(evidence ?? {}).filter(
      ([, value]) => value !== null && value !== 'unknown' && !(Array.isArray(value) && value.length === 0),
    ),
  );

const always = ({ id, kind, target, parent, deadline, requestedBy, requestedAt, endedAt, result }: Operation) => ({
  ...{ id, kind, target: [target.type, target.id], parent, deadline, requestedBy, requestedAt, endedAt, result },
});

const atTheEnd = ({ state, nextActions, links, progress, error, phase }: Operation) => ({
  ...{ state, nextActions, links, progress, code: error?.code, phase },
});

/** Expects that a list and the detail say the same wherever the list says anything. The detail may know more. */
export const expectAgreement = (list: Operation, detail: Operation) => {
  expect(always(detail)).toEqual(always(list));
  expect(hasEnded(detail)).toBe(hasEnded(list));
  expect(detail.evidence ?? {}).toMatchObject(told(list.evidence));
  if (!hasEnded(list)) {
    expect(list.state).toBe('running');
    expect(list.nextActions).toEqual(expect.arrayContaining([...detail.nextActions]));
    return;
  }
  expect(atTheEnd(detail)).toEqual(atTheEnd(list));
  expect((detail.error?.detail ?? '').startsWith(list.error?.detail ?? '')).toBe(true);
};
