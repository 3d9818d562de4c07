// What can be done with an operation, whichever verb: each keeps to the same laws. What is its own stands in its own spec.
import { describe, expect, it } from '@jest/globals';
import type { Operation } from '@drover/contracts';
import { OperationId, type Actor } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { powerStream } from '../../domain/power.events.js';
import { keyed, type Process } from '../../testing.js';
import { bare, commits, cutShort, eve, noOperation, off, open, still, endedUnknown } from '../requests/testing.js';
import { powerOperationUseCases } from './power-operations.use-cases.js';

type OperationVerb = keyof typeof powerOperationUseCases.commands;
type World = Awaited<ReturnType<typeof endedUnknown>>;

/** An operation that waits for its provider: nothing was sent. */
const waiting = async (): Promise<World> => {
  const world = await open();
  world.room.room.fault = () => new ProviderFault('provider_unreachable', 'down');
  const id = await off(world.process, world.vmId, 'hard');
  await world.room.clock.advance(1_000);
  return { ...world, id };
};

interface Row {
  /** An operation that it can be done with. */
  readonly world: () => Promise<World>;
  readonly input: object;
  /** What it records, and how the operation stands that it answers with. */
  readonly records: readonly string[];
  readonly state: Operation['state'];
}
/** Each verb of the table: one that is not here does not compile. */
const rows: { readonly [V in OperationVerb]: Row } = {
  cancelOperation: {
    ...{ world: waiting, input: {}, state: 'cancelled' },
    records: ['CancelRequested', 'PowerOperationCancelled'],
  },
  checkOperation: { world: endedUnknown, input: {}, records: ['AuditActionRecorded'], state: 'unknown' },
  markOperation: {
    ...{ world: endedUnknown, input: { outcome: 'succeeded', reason: 'I looked' }, state: 'succeeded' },
    records: ['PowerOperationMarked'],
  },
  runOperationAgain: { world: endedUnknown, input: {}, records: ['PowerOffRequested'], state: 'queued' },
};
const ask = ({ power }: Process, verb: OperationVerb, id: OperationId, actor: Actor = keyed(verb)) =>
  power[verb]({ id, ...rows[verb].input } as never, actor);

describe.each(Object.keys(rows) as OperationVerb[])('%s', (verb) => {
  const { world, records, state } = rows[verb];

  it('is recorded, with who had it done', async () => {
    const { room, process, id } = await world();
    const before = (await commits(room)).length;
    expect(await ask(process, verb, id)).toMatchObject({ operation: { state } });
    const [recorded, ...more] = (await commits(room)).slice(before);
    expect(more).toEqual([]);
    expect(recorded?.facts.map(({ fact }) => fact.type)).toEqual(records);
    expect(recorded).toMatchObject({ metadata: { actor: 'ana', requestId: `r-${verb}` } });
  });

  it('twice with one key is answered alike, and records nothing more of the machine', async () => {
    const { room, process, id } = await world();
    const ofMachine = () => room.eventStore.read(OperationId.stream(id));
    const first = (await ask(process, verb, id)) as { readonly operation: Operation };
    const before = await ofMachine();
    expect(await ask(process, verb, id)).toMatchObject({ operation: { id: first.operation.id, state } });
    expect(await ofMachine()).toEqual(before);
  });

  it('tried as a dry run says how it would stand, and records nothing', async () => {
    const { room, process, id } = await world();
    const before = (await commits(room)).length;
    expect(await ask(process, verb, id, { ...keyed(verb), dryRun: true })).toMatchObject({ operation: { state } });
    await room.clock.advance(0);
    expect((await commits(room)).length).toBe(before);
  });

  it('does nothing for whoever names no version of the machine', async () => {
    const { room, process, id } = await world();
    const before = (await commits(room)).length;
    const stale = { ...bare, ifMatch: '"nonsense"' };
    expect(await ask(process, verb, id, stale)).toMatchObject({ rejected: 'version_mismatch' });
    expect((await commits(room)).length).toBe(before);
  });

  it('takes the right of the operation’s own verb, and says so to the audit', async () => {
    const { room, process, id } = await world();
    expect(await ask(process, verb, id, eve)).toMatchObject({ rejected: 'forbidden' });
    const route = powerOperationUseCases.commands[verb].name;
    expect((await commits(room)).at(-1)).toMatchObject({
      metadata: { actor: 'eve' },
      facts: [{ fact: { type: 'AuditDenialRecorded', route, right: 'vm:force', code: 'forbidden' } }],
    });
  });

  it('knows no operation that nobody asked for', async () => {
    const { process } = await open();
    expect(await ask(process, verb, noOperation)).toMatchObject({ rejected: 'not_found' });
  });

  it('K42: is not done on a history that was cut', async () => {
    const { room, vmId, process } = await still();
    const id = OperationId.of('power', powerStream(vmId), 1);
    await off(process, vmId);
    cutShort(room);
    await expect(ask(process, verb, id, bare)).rejects.toMatchObject({ code: 'store_shorter_than_anchor' });
    expect(await process.power.getOperation({ id }, bare)).toMatchObject({ id }); // reads go on
  });
});
