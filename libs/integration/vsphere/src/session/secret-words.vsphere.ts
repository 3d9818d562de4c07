// Takes passwords and session cookies out of a provider's texts, in the spellings that servers write them in. Never: shorten
// a text before it was masked (half a secret is not found), and never forget one: an old password may still be in use
// elsewhere.
import { ProviderFault } from '@drover/ports';
import { soughtFor, withoutSought, type Sought } from './spellings.vsphere.js';
import { escape } from '../soap/xml.vsphere.js';

/** Shorter ones would be found in words that have nothing to do with them. */
const SHORTEST = 6;
const LONGEST_TEXT = 2_000;
/** What is looked at of a text. */
const LONGEST_READ = 20_000;
const MASK = '[secret]';

const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');
const asNumbers = (text: string) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
const inAddress = (text: string) => {
  const encoded = encodeURIComponent(Buffer.from(text).toString()); // which takes no half of a character
  return [encoded, encoded.replaceAll('%20', '+')];
};

/** The usual ways to write a secret, each found whatever stands around it: as it is, and as it is written into XML (once or twice), addresses, headers and JSON. */
const spellings = (secret: string) => [
  ...[secret, escape(secret), escape(escape(secret)), asNumbers(secret), JSON.stringify(secret).slice(1, -1)],
  ...inAddress(secret).flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())]),
  base64(secret),
];

const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const escapedControl = (character: string) =>
  character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** How many short texts are kept with what they are shown as. */
const [MOST_TOLD, LONGEST_TOLD] = [100, 300];

/** What is secret about a conversation, and how it is kept out of what people read. */
export interface SecretWords {
  /** From now on none of these is told, nor a pair of user and password. A user's name alone is no secret. */
  learn(secrets: {
    readonly username?: string;
    readonly password?: string;
    readonly cookie?: string | undefined;
  }): void;
  /** A provider's text, as it may be recorded and shown: without secrets and control characters, 2,000 characters at most. */
  masked(text: string): string;
}

/** Nothing is secret yet. What was learned once stays so: an old password may still be somebody's. */
export const secretWords = (): SecretWords => {
  const known = new Set<string>();
  const sought = new Map<string, readonly Sought[]>();
  const told = new Map<string, string>(); // a listing may give the same reason for very many machines
  return {
    learn: ({ username, password, cookie }) => {
      told.clear();
      const secrets = [password, cookie?.replace(/^[^=]*=/, '').replace(/^"|"$/g, '')];
      for (const secret of secrets) {
        if (secret === undefined || secret.length < SHORTEST || sought.has(secret)) continue;
        for (const spelling of spellings(secret)) known.add(spelling);
        sought.set(secret, soughtFor(secret, SHORTEST));
      }
      if (username !== undefined && password !== undefined && password.length >= SHORTEST)
        known.add(base64(`${username}:${password}`));
    },
    masked: (text) => {
      const before = told.get(text);
      if (before !== undefined) return before;
      const longestFirst = [...known].sort((a, b) => b.length - a.length);
      const usual = longestFirst.reduce((left, secret) => left.replaceAll(secret, MASK), text.slice(0, LONGEST_READ));
      const without = withoutSought(usual, [...sought.values()].flat(), MASK);
      const shown = without.slice(0, LONGEST_TEXT + 1).replace(CONTROL, escapedControl);
      const cut = shown.length > LONGEST_TEXT ? `${shown.slice(0, LONGEST_TEXT - 1)}…` : shown;
      if (told.size >= MOST_TOLD) told.clear();
      if (text.length <= LONGEST_TOLD) told.set(text, cut);
      return cut;
    },
  };
};

/** A fault as it leaves the adapter. What caused it stays behind: its words are the provider's own. */
export const maskedFault = (error: unknown, { masked }: Pick<SecretWords, 'masked'>) =>
  error instanceof ProviderFault
    ? new ProviderFault(error.code, masked(error.detail), error.sent)
    : new ProviderFault('provider_error', masked(error instanceof Error ? error.message : String(error)), 'maybe');
