// The laws of asking another service, wherever it runs: who asks and what is asked arrive unchanged, and the answer comes
// back as it was given. Never: a word of HTTP; a law that only one adapter can keep is none.
import { expect } from '@jest/globals';
import type { InputOf, routes, SourcePowerState } from '@drover/contracts';
import { Instant, reject, SessionId, VmId, type Actor } from '@drover/kernel';
import { lawsApart, type Laws } from '../laws/testing.js';
import type { OwnerAnswers, OwnerRequest } from './owner-request.js';

/** What the suite runs on: requests, and how the services that they reach answer. */
export interface OwnerRequestBench {
  readonly requests: OwnerRequest;
  offer(answers: OwnerAnswers): void;
}

const ana: Actor = {
  ...{ sub: 'ana', rights: ['vm:read'], requestId: 'r-1', session: SessionId.parse('s-1') },
  limits: { 'vm:read': ['prod'] },
};
const at = Instant.parse('2026-11-20T10:00:00Z');
const input: InputOf<(typeof routes)['getSourcePowerState']> = {
  params: { vm_id: 'web-01' },
  query: { vcenter: 'vcenter-01' },
  body: {},
};
const state: SourcePowerState = {
  ...({ vm_id: 'web-01', power_state: 'poweredOn', tools_status: 'toolsOk', last_state_change: null } as const),
  ...{ uptime_seconds: 5, timestamp: at },
};

/** The laws of requests between services, each with its test. */
export const ownerRequestLaws = {
  'the owner is asked what was asked, as whoever asked': async ({ requests, offer }) => {
    const seen: unknown[] = [];
    offer({
      getSourcePowerState: async (asked, actor) => {
        seen.push(asked.params, asked.query, actor);
        return state;
      },
    });
    await requests.send('getSourcePowerState', input, ana);
    expect(seen).toEqual([input.params, input.query, ana]);
  },

  'its answer comes as it gave it': async ({ requests, offer }) => {
    offer({ getSourcePowerState: async () => state });
    expect(await requests.send('getSourcePowerState', input, ana)).toEqual(state);
  },

  'its refusal comes as a refusal, with what it points at': async ({ requests, offer }) => {
    const no = reject('provider_error', 'The provider cannot reach it.', { vmId: VmId.create(), asOf: at });
    offer({ getSourcePowerState: async () => no });
    expect(await requests.send('getSourcePowerState', input, ana)).toEqual(no);
  },

  'where no service answers it says so, and does not wait for one': async ({ requests }) => {
    expect(await requests.send('getSourcePowerState', input, ana)).toMatchObject({ rejected: 'not_ready' });
  },
} satisfies Laws<OwnerRequestBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const ownerRequestContract = (name: string, open: () => Promise<OwnerRequestBench>) =>
  lawsApart(`${name} keeps the laws of requests between services`, ownerRequestLaws, open);
