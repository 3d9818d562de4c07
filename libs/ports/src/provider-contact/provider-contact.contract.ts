// The laws of contact with providers: silence counts from a question without an answer, is told once, and any answer ends
// it. Never: a law that counts time in which nobody asked.
import { expect } from '@jest/globals';
import type { ConnectionId } from '@drover/kernel';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import type { Contact, ProviderContact } from './provider-contact.js';

/** What the suite runs on: a provider that can be asked, and can be made to keep silent, on a clock that the suite moves. */
export interface ProviderContactBench {
  readonly contact: ProviderContact;
  readonly id: ConnectionId;
  /** Lets time pass in which the provider is asked and does not answer. */
  silence(ms: number): Promise<void>;
  /** Something is asked and answered at once. */
  answer(): Promise<void>;
  close?(): Promise<void>;
}

/** The laws every contact with providers keeps, each with its test. */
export const providerContactLaws = {
  'a provider that nobody asked anything is not silent': async ({ contact, id }) =>
    expect(contact.of(id)).toMatchObject({ is: 'answering', detail: null }),

  'K14: five seconds without an answer to something asked are silence, twenty are a loss, and any answer ends it':
    async ({ contact, id, silence, answer }) => {
      const seen: Contact[] = [];
      await answer();
      for (const ms of [4_900, 200, 14_800, 200]) {
        await silence(ms);
        seen.push(contact.of(id).is);
      }
      await answer();
      seen.push(contact.of(id).is);
      expect(seen).toEqual(['answering', 'silent', 'silent', 'lost', 'answering']);
    },

  'K14: a provider that answers now and then is not lost': async ({ contact, id, silence, answer }) => {
    for (let i = 0; i < 10; i++) {
      await silence(4_000);
      expect(contact.of(id).is).toBe('answering');
      await answer();
    }
  },

  'tells each turn once, and nothing to whoever left': async ({ contact, id, silence, answer }) => {
    const turns: Contact[] = [];
    const leave = contact.onChange((whose) => whose === id && turns.push(contact.of(id).is));
    await answer();
    await silence(30_000);
    await answer();
    await answer();
    leave();
    await silence(6_000);
    expect(turns).toEqual(['silent', 'lost', 'answering']);
  },
} satisfies Laws<ProviderContactBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const providerContactContract = (name: string, open: () => Promise<ProviderContactBench>) =>
  lawsApart(`${name} keeps the laws of contact with providers`, providerContactLaws, open, closing);
