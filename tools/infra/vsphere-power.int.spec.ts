import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OperationId, StreamId, VmId } from '@drover/kernel';
import type { MachineRef, PowerCall } from '@drover/ports';
import { powerControlContract } from '@drover/ports/testing';
import { unfinished, type Rule } from '../faultbench/soap-proxy.ts';
import { vcsimPresent } from './vcsim.ts';
import { vsphereBench, type VsphereBench } from './vsphere-bench.ts';

const NAME = 'DC0_C0_RP0_VM0';
const { signal } = new AbortController();
const token = { operationId: OperationId.of('power', StreamId.of('power', 'law'), 1), attempt: 1, epoch: 1 };

((await vcsimPresent()) ? describe : describe.skip)('vSphere, asked of vcsim', () => {
  powerControlContract('vsphere', async () => {
    const bench = await vsphereBench();
    const machine = await bench.machine(NAME);
    const absent = { ...machine, key: VmId.create() };
    return {
      ...{ control: bench.control, machine, absent },
      reset: () => bench.ready(NAME),
      disconnect: () => bench.connection(NAME, 'disconnected'),
      markAsTemplate: () => bench.template(NAME, true),
      close: bench.close,
    };
  });

  let bench: VsphereBench;
  let machine: MachineRef;
  beforeAll(async () => {
    bench = await vsphereBench();
    machine = await bench.machine(NAME);
  }, 60_000);
  beforeEach(async () => {
    await bench.proxy.restore();
    await bench.ready(NAME);
  });
  afterAll(() => bench.close());
  const send = (call: PowerCall, to = machine, within = signal) => bench.control.send(to, call, token, within);
  /** Sends it, and waits no longer once the call has left. */
  const sendUntilTaken = (call: PowerCall, method: string) => {
    const stop = new AbortController();
    const look = () => (bench.proxy.count(method) > 0 ? stop.abort() : void setTimeout(look, 20));
    look();
    return send(call, machine, stop.signal);
  };
  const read = (of = machine) => bench.control.read(of, signal);
  /** Comes true, or the test's own time-out ends it. */
  const off = async () => {
    while ((await read()).power !== 'poweredOff') await new Promise((done) => setTimeout(done, 20));
  };
  const spoil = (rule: Rule) => bench.proxy.spoil(rule);

  describe('a reading', () => {
    it('has the boot instant of a machine that is on, and none of one that is off', async () => {
      const on = await read();
      expect(on).toMatchObject({ power: 'poweredOn', bootAt: expect.any(String) });
      await send('power-off');
      expect(await read()).toMatchObject({ power: 'poweredOff', bootAt: null, uptimeSeconds: 0, question: null });
    });

    it('a reset is proven by a later boot instant', async () => {
      const before = await read();
      await send('reset');
      expect((await read()).bootAt! > before.bootAt!).toBe(true);
    });

    it.each(['toolsOld', 'toolsNotRunning', 'toolsNotInstalled'])('says that the tools are %s', async (tools) => {
      await bench.guest(NAME, `toolsStatus=${tools}`);
      expect(await read()).toMatchObject({ tools });
    });

    it('brings the text of a question that waits for an answer', async () => {
      const question =
        '<propSet><name>runtime.question</name><val><id>1</id><text>Moved &amp; copied?</text></val></propSet>';
      spoil({
        method: 'RetrievePropertiesEx',
        do: 'rewrite',
        answer: (xml) => xml.replace('<propSet>', `${question}<propSet>`),
      });
      expect(await read()).toMatchObject({ question: 'Moved & copied?' });
    });

    it('asks who is meant once, and again when the reference has become another machine', async () => {
      await read();
      await bench.proxy.restore();
      await read();
      expect(bench.proxy.calls).toEqual(['RetrievePropertiesEx']);
      spoil({
        ...{ method: 'RetrievePropertiesEx', times: 1, do: 'rewrite' },
        answer: (xml) => xml.replace(machine.key, VmId.create()),
      });
      expect(await read()).toMatchObject({ power: 'poweredOn' });
      expect(bench.proxy.calls.slice(1)).toEqual(['RetrievePropertiesEx', 'FindByUuid', 'RetrievePropertiesEx']);
    });

    it('asks again who is meant when the reference is gone', async () => {
      await read();
      spoil({ method: 'RetrievePropertiesEx', times: 1, do: 'fault', type: 'ManagedObjectNotFound' });
      expect(await read()).toMatchObject({ power: 'poweredOn' });
      expect(bench.proxy.count('FindByUuid')).toBe(1);
    });
  });

  describe('faults of the provider', () => {
    it.each([
      ['InvalidPowerState', 'invalid_power_state'],
      ['ToolsUnavailable', 'tools_unavailable'],
      ['TaskInProgress', 'busy'],
      ['ConcurrentAccess', 'busy'],
      ['ResourceInUse', 'busy'],
      ['ManagedObjectNotFound', 'not_found'],
      ['NoPermission', 'not_permitted'],
      ['RestrictedVersion', 'provider_error'],
    ])('%s is %s, nothing was done, and its text goes along', async (type, code) => {
      spoil({ method: 'ShutdownGuest', do: 'fault', type, message: 'because' });
      await expect(send('shutdown-guest')).rejects.toMatchObject({ code, sent: 'no', detail: `${type}: because` });
      expect(await read()).toMatchObject({ power: 'poweredOn' });
    });

    it('tools that do not run: the guest cannot be asked', async () => {
      await bench.guest(NAME, 'toolsStatus=toolsNotRunning', 'toolsRunningStatus=guestToolsNotRunning');
      await expect(send('reboot-guest')).rejects.toMatchObject({ code: 'tools_unavailable', sent: 'no' });
    });

    it.each([
      ['TaskInProgress', 'busy', 'no'],
      ['GenericVmConfigFault', 'provider_error', 'maybe'],
    ])('a task that ends with %s is %s, and was taken: %s', async (type, code, sent) => {
      const fault = `<fault xsi:type="${type}" xmlns:xsi="x"/><localizedMessage>no</localizedMessage>`;
      const error = `<propSet><name>info.error</name><val>${fault}</val></propSet>`;
      const failed = (xml: string) => xml.replace('>success<', '>error<').replace('<propSet>', `${error}<propSet>`);
      spoil({ method: 'RetrievePropertiesEx', holding: 'info.state', do: 'rewrite', answer: failed });
      await expect(send('power-off')).rejects.toMatchObject({ code, sent, detail: `${type}: no` });
    });

    it('K21: names the task that ended in success, and none that nobody saw the end of', async () => {
      expect(await send('reset')).toMatchObject({ task: expect.stringMatching(/^task-/) });
      spoil({
        ...{ method: 'RetrievePropertiesEx', holding: 'info.state', do: 'fault' },
        type: 'ManagedObjectNotFound',
      });
      expect(await send('reset')).toEqual({});
    });

    it('waits for a task that is slow', async () => {
      const looks = 3;
      spoil({ method: 'RetrievePropertiesEx', holding: 'info.state', times: looks, do: 'rewrite', answer: unfinished });
      await send('power-off');
      expect(await read()).toMatchObject({ power: 'poweredOff' });
      expect(bench.proxy.count('RetrievePropertiesEx')).toBe(looks + 3); // who it is, before the call; then the last look, and the reading
    });

    it('does not wait for a task longer than it is let', async () => {
      spoil({ method: 'RetrievePropertiesEx', holding: 'info.state', do: 'rewrite', answer: unfinished });
      const sent = sendUntilTaken('power-off', 'PowerOffVM_Task');
      await expect(sent).rejects.toMatchObject({ code: 'no_answer', sent: 'maybe' });
    });

    it('does not wait for a task that waits for an answer to a question', async () => {
      const question = '<propSet><name>runtime.question</name><val><text>Which?</text></val></propSet>';
      spoil({
        ...{ method: 'RetrievePropertiesEx', holding: 'info.state', do: 'rewrite' },
        answer: (xml) => unfinished(xml).replace(/(<obj type="VirtualMachine">[^<]*<\/obj>)/, `$1${question}`),
      });
      await expect(send('power-off')).rejects.toMatchObject({
        code: 'guest_question_pending',
        detail: 'Which?',
        sent: 'maybe',
      });
    });
  });

  describe('the way to the provider', () => {
    it.each(['PowerOffVM_Task', 'ShutdownGuest'])(
      'the answer to %s is lost: it may have been taken, and a reading shows it was',
      async (method) => {
        spoil({ method, do: 'lose-answer' });
        const call = method === 'ShutdownGuest' ? 'shutdown-guest' : 'power-off';
        await expect(send(call)).rejects.toMatchObject({ code: 'no_answer', sent: 'maybe' });
        expect(bench.proxy.count(method)).toBe(1);
        await off();
      },
    );

    it('the connection breaks before the provider hears the call: nobody can tell', async () => {
      spoil({ method: 'PowerOffVM_Task', do: 'cut' });
      await expect(send('power-off')).rejects.toMatchObject({ code: 'no_answer', sent: 'maybe' });
      expect(await read()).toMatchObject({ power: 'poweredOn' });
    });

    it('the connection breaks while it is asked who is meant: nothing was sent', async () => {
      spoil({ method: 'FindByUuid', do: 'cut' });
      await expect(send('power-off')).rejects.toMatchObject({ code: 'provider_unreachable', sent: 'no' });
    });

    it('nobody listens: nothing was sent, and later it works again', async () => {
      await bench.proxy.refuse();
      await expect(send('power-off')).rejects.toMatchObject({ code: 'provider_unreachable', sent: 'no' });
      await expect(read()).rejects.toMatchObject({ code: 'provider_unreachable', sent: 'no' });
      await bench.proxy.restore();
      expect(await read()).toMatchObject({ power: 'poweredOn' });
    });

    it('the answer is not in time for the caller: it may have been taken', async () => {
      spoil({ method: 'ShutdownGuest', do: 'delay', ms: 500 });
      const sent = sendUntilTaken('shutdown-guest', 'ShutdownGuest');
      await expect(sent).rejects.toMatchObject({ code: 'no_answer', sent: 'maybe' });
      await off();
    });

    it('something else than vCenter answers: its text goes along', async () => {
      spoil({ method: 'FindByUuid', do: 'rewrite', answer: () => '<html>Sign in to the Wi-Fi</html>' });
      await expect(send('power-off')).rejects.toMatchObject({
        code: 'provider_error',
        detail: expect.stringContaining('Sign in to the Wi-Fi'),
        sent: 'no',
      });
    });
  });

  describe('the session', () => {
    it.each(['ShutdownGuest', 'RetrievePropertiesEx', 'FindByUuid'])(
      'lost at %s: signed in again once, and done',
      async (method) => {
        await read();
        await bench.proxy.restore();
        spoil({ method, times: 1, do: 'expire-session' });
        await send('shutdown-guest');
        await read();
        expect(bench.proxy.count('Login')).toBe(1);
      },
    );

    it('lost again at once: an error, and not a third try', async () => {
      await read();
      await bench.proxy.restore();
      spoil({ method: 'ShutdownGuest', do: 'expire-session' });
      await expect(send('shutdown-guest')).rejects.toMatchObject({ code: 'provider_error', sent: 'no' });
      expect(bench.proxy.count('Login')).toBe(1);
      expect(bench.proxy.count('ShutdownGuest')).toBe(2);
    });

    it('one sign-in, however many ask at once', async () => {
      await bench.catalog.release(bench.target);
      await bench.proxy.restore();
      await Promise.all(Array.from({ length: 10 }, () => read()));
      expect(bench.proxy.count('Login')).toBe(1);
    });

    it('released: signed out, and signed in again when it is needed', async () => {
      await read();
      await bench.catalog.release(bench.target);
      expect(bench.proxy.calls.at(-1)).toBe('Logout');
      expect(await read()).toMatchObject({ power: 'poweredOn' });
    });

    it('T-PRV-1: a wrong password is tried once, and not again until the connection changes', async () => {
      const wrong = { ...bench.target, credentialRef: 'env:WRONG', revision: 2 };
      const refused = { code: 'sign_in_failed', sent: 'no' };
      const over = { ...machine, target: wrong };
      await Promise.all(
        [read(over), send('power-off', over), read(over)].map((each) => expect(each).rejects.toMatchObject(refused)),
      );
      await expect(read(over)).rejects.toMatchObject(refused);
      await bench.catalog.release(wrong);
      await expect(send('power-off', over)).rejects.toMatchObject(refused);
      expect(await bench.catalog.test(wrong, signal)).toContainEqual(
        expect.objectContaining({ step: 'session', ok: false, code: 'sign_in_failed' }),
      );
      expect(bench.proxy.count('Login')).toBe(1);

      const mended = { ...machine, target: { ...bench.target, revision: 3 } };
      expect(await read(mended)).toMatchObject({ power: 'poweredOn' });
      await expect(read(over)).rejects.toMatchObject(refused);
      expect(bench.proxy.count('Login')).toBe(2);
    });
  });
});
