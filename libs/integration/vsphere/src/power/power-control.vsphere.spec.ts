import { expect, it } from '@jest/globals';
import { OperationId, StreamId, VmId } from '@drover/kernel';
import { OutboundFault, ProviderFault, readCounter, virtualClock } from '@drover/ports';
import { machineCache } from '../machines/machine-cache.vsphere.js';
import { vspherePowerControl } from './power-control.vsphere.js';
import type { ProviderSession } from '../session/session.vsphere.js';
import { lab, sessionOf } from '../testing.js';
import { at, parse } from '../soap/xml.vsphere.js';

const UUID = '501c7e2f-1b2a-9f3c-0d4e-5f6a7b8c9d0e';
const token = { operationId: OperationId.of('power', StreamId.of('power', 'a'), 1), attempt: 1, epoch: 1 };
const identity = `<propSet><name>config.instanceUuid</name><val>${UUID}</val></propSet>`;
const ANSWERS: Readonly<Record<string, string>> = {
  FindByUuid: '<returnval type="VirtualMachine">vm-1</returnval>',
  RetrievePropertiesEx: `<returnval><objects><obj type="VirtualMachine">vm-1</obj>${identity}</objects></returnval>`,
};

/** Resets a machine of a provider that is silent on one method, and gives up then. */
const givenUpAt = async (silent: string) => {
  const stop = new AbortController();
  const calls: string[] = [];
  const session: ProviderSession = sessionOf(async ({ method }) => {
    calls.push(method);
    if (method === silent) {
      stop.abort();
      throw new OutboundFault('aborted', 'called off', 'maybe');
    }
    return at(parse(`<Envelope>${ANSWERS[method] ?? ''}</Envelope>`), 'Envelope') ?? '';
  });
  const sessions = { of: () => ({ session, cache: machineCache() }) };
  const control = vspherePowerControl(sessions, { clock: virtualClock(), reads: readCounter('spec') });
  const machine = { vmId: VmId.create(), key: UUID, target: lab };
  const sent = await control.send(machine, 'reset', token, stop.signal).catch((fault: ProviderFault) => fault.sent);
  return [sent, calls.includes('ResetVM_Task')];
};

it.each(['FindByUuid', 'RetrievePropertiesEx'])('a reset that is given up at %s was not sent', async (silent) =>
  expect(await givenUpAt(silent)).toEqual(['no', false]),
);

it('a reset that is given up once it was posted may have been taken', async () =>
  expect(await givenUpAt('ResetVM_Task')).toEqual(['maybe', true]));
