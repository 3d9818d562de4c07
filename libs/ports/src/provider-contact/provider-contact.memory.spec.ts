import { expect, it } from '@jest/globals';
import { virtualClock } from '../clock/clock.memory.js';
import { sampleTarget } from '../samples.js';
import { providerContactContract } from './provider-contact.contract.js';
import { memoryProviderContact } from './provider-contact.memory.js';

const { id } = sampleTarget;

providerContactContract('memory', async () => {
  const clock = virtualClock();
  const contact = memoryProviderContact(clock);
  return {
    contact,
    id,
    silence: async (ms) => {
      const question = contact.asked(id);
      await clock.advance(ms);
      question.unanswered('nobody answered');
    },
    answer: async () => contact.asked(id).answered(),
  };
});

it('K14: one slow answer is no silence while others come', async () => {
  const clock = virtualClock();
  const contact = memoryProviderContact(clock);
  const slow = contact.asked(id);
  for (let i = 0; i < 10; i++) {
    await clock.advance(3_000);
    expect(contact.of(id).is).toBe('answering');
    contact.asked(id).answered();
  }
  await clock.advance(6_000);
  expect(contact.of(id).is).toBe('silent');
  slow.unanswered('too late');
  slow.answered(); // the first word counts
  expect(contact.of(id)).toMatchObject({ is: 'silent', detail: 'too late' });
});

it('K14: an answer ends a silence though something else is still unanswered', async () => {
  const clock = virtualClock();
  const contact = memoryProviderContact(clock);
  contact.asked(id);
  await clock.advance(25_000);
  contact.asked(id).answered();
  expect(contact.of(id).is).toBe('answering');
});

it('K14: the wall clock has no part in it', async () => {
  const clock = virtualClock();
  const jumping = { ...clock, now: () => '2030-01-01T00:00:00.000Z' as ReturnType<typeof clock.now> };
  const contact = memoryProviderContact(jumping);
  contact.asked(id);
  expect(contact.of(id).is).toBe('answering');
  await clock.advance(20_000);
  expect(contact.of(id).is).toBe('lost');
});
