// What the specs of the capabilities say of lists and details, and those of the verbs of each verb. Nothing here is for
// production.
import { expect, it } from '@jest/globals';
import { hasEnded, toCloudEvent, type Evidence, type Operation } from '@drover/contracts';
import { BulkId, FactId, Instant, OperationId, reject, StreamId, type Actor } from '@drover/kernel';
import type { KnownOperation, OperationVerbs, VerbResult } from './operation-verbs.js';
import type { ReadingPorts } from './reading.js';
import { foldRecord } from './record.js';
import { shownOperation } from './shown.js';

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

type Verb = 'cancel' | 'check' | 'mark' | 'runAgain';
/** A verb that a capability was asked for: of which operation, with what, by whom. */
type AskedVerb = readonly [verb: Verb, id: OperationId, input: unknown, sub: string];

const stream = StreamId.of('bulk', BulkId.create());
const id = OperationId.of('power', stream, 1);
const operationOfAna = (): Operation => {
  const partitionkey = StreamId.key('bulk', stream);
  const record = foldRecord(id, [
    toCloudEvent(
      {
        ...{
          type: 'io.drover.power.bulk-requested.v1',
          subject: `bulk/${partitionkey}`,
          partitionkey,
          operationid: id,
        },
        data: { op: 1, action: 'power-on', mode: null, targetIds: [] },
      },
      {
        ...{ service: 'power', stream, id: FactId.create(), sequence: 1 },
        ...{ at: Instant.parse('2026-11-20T12:00:00.000Z'), actor: 'ana' },
      },
    ),
  ]);
  if (!record) throw new Error('there is no such bulk');
  return shownOperation(record, { name: 'no machines', items: null });
};

/** A capability with one bulk, which ana may act on and ben may not: what it is asked, in order. */
const oneOperation = () => {
  const asked: AskedVerb[] = [];
  const operation = operationOfAna();
  const does =
    (verb: Verb) =>
    async (known: KnownOperation, input: unknown, actor: Actor): VerbResult => {
      asked.push([verb, known.operation.id, input, actor.sub]);
      return { operation: known.operation, replayed: false };
    };
  const verbs: OperationVerbs<ReadingPorts> = {
    mapping: { service: 'power', publish: () => null, about: () => ({ subject: '', partitionkey: '' }) },
    needs: [],
    read: async (which) => (which === id ? operation : null),
    commits: async () => [],
    permitted: async (_id, verb, { sub }) => (sub === 'ana' ? { operation } : reject('forbidden', `no ${verb}`)),
    cancel: (known, actor) => does('cancel')(known, null, actor),
    check: (known, actor) => does('check')(known, null, actor),
    mark: does('mark'),
    runAgain: does('runAgain'),
  };
  return { operation, asked, verbs };
};

/** The command of a verb, as a capability gets it. */
type VerbCommand<Input> = (of: OperationVerbs<ReadingPorts>) => {
  readonly name: string;
  handle(input: Input, actor: Actor, ports: ReadingPorts): VerbResult;
};

/** What each verb of operations keeps; `sent` is what the capability gets of the input. */
export const verbLaws = <Input>(
  verb: Verb,
  command: VerbCommand<Input & { readonly id: OperationId }>,
  { input, sent }: { readonly input: Input; readonly sent: unknown },
) => {
  const ports: ReadingPorts = { groupsOf: async () => null };
  const actor = (sub: string, limits: Pick<Actor, 'limits'> = {}): Actor => ({
    ...{ sub, rights: ['vm:read'], requestId: 'r1', ...limits },
  });

  it('the capability is asked, as often as somebody does it, and its answer is the answer', async () => {
    const { operation, asked, verbs } = oneOperation();
    const run = () => command(verbs).handle({ ...input, id }, actor('ana'), ports);
    expect([await run(), await run()]).toEqual(Array(2).fill({ operation, replayed: false }));
    expect(asked).toEqual(Array(2).fill([verb, id, sent, 'ana']));
  });

  it('whoever may not act on the operation is refused by the name of the verb, and nothing is done', async () => {
    const { asked, verbs } = oneOperation();
    const { name, handle } = command(verbs);
    expect(await handle({ ...input, id }, actor('ben'), ports)).toEqual(reject('forbidden', `no ${name}`));
    expect(asked).toEqual([]);
  });

  it('to whoever may not read the operation it is not there', async () => {
    const { asked, verbs } = oneOperation();
    const ben = actor('ben', { limits: { 'vm:read': ['g1'] } });
    const answer = await command(verbs).handle({ ...input, id }, ben, ports);
    expect(answer).toMatchObject({ rejected: 'not_found' });
    expect(asked).toEqual([]);
  });
};
