import { virtualClock } from '../clock/clock.memory.js';
import { turnsRed } from '../laws/testing.js';
import { sampleTarget } from '../samples.js';
import { providerContactLaws, type ProviderContactBench } from './provider-contact.contract.js';
import { memoryProviderContact, type ContactRecord } from './provider-contact.memory.js';

const { id } = sampleTarget;

const benchOf = (change: (contact: ContactRecord) => Partial<ContactRecord> = () => ({})): ProviderContactBench => {
  const clock = virtualClock();
  const memory = memoryProviderContact(clock);
  const contact = { ...memory, ...change(memory) };
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
};

/** Wrong on purpose: whoever was not asked yet is taken for lost. */
const gloomy = () => {
  let met = false;
  return benchOf(({ of, asked }) => ({
    of: (whose) => (met ? of(whose) : { is: 'lost', nextTryAt: null, detail: null }),
    asked: (whose) => ((met = true), asked(whose)),
  }));
};

/** Wrong on purpose: it hears no silence. */
const deaf = () =>
  benchOf(({ of, onChange }) => ({
    of: (whose) => ({ ...of(whose), is: 'answering' }),
    onChange: () => onChange(() => {}),
  }));

/** Wrong on purpose: the first silence is a loss. */
const rash = () =>
  benchOf(({ of }) => ({ of: (whose) => ({ ...of(whose), is: of(whose).is === 'silent' ? 'lost' : of(whose).is }) }));

/** Wrong on purpose: an answer does not end a silence. */
const resentful = () =>
  benchOf(({ asked }) => ({
    asked: (whose) => ({ ...asked(whose), answered: () => asked(whose).unanswered('so what') }),
  }));

/** Wrong on purpose: it tells everything twice. */
const stammering = () =>
  benchOf(({ onChange }) => ({
    onChange: (told) => {
      const both = [told, told].map((each) => onChange((whose) => each(whose)));
      return () => both.forEach((leave) => leave());
    },
  }));

/** Wrong on purpose: it goes on telling whoever left. */
const clinging = () => benchOf(({ onChange }) => ({ onChange: (told) => (onChange(told), () => {}) }));

const nobody = 'a provider that nobody asked anything is not silent';
const silence =
  'K14: five seconds without an answer to something asked are silence, twenty are a loss, and any answer ends it';
const nowAndThen = 'K14: a provider that answers now and then is not lost';
const turns = 'tells each turn once, and nothing to whoever left';

turnsRed(providerContactLaws, benchOf, [
  [gloomy, nobody],
  [deaf, silence, turns],
  [rash, silence, turns],
  [resentful, silence, nowAndThen, turns],
  [stammering, turns],
  [clinging, turns],
]);
