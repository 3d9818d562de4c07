import { expect, it } from '@jest/globals';
import { cutText, shownText } from './shown-text.vsphere.js';

it.each([
  ['a tab, a newline and a bell', 'web\t01\n\u0007', 'web\uFFFD01\uFFFD\uFFFD'],
  ['characters that turn the text over', '\u202Egpj.\u2066exe\u2069\u202C', '\uFFFDgpj.\uFFFDexe\uFFFD\uFFFD'],
  ['separators of lines', 'a\u2028b\u2029c\u0085d', 'a\uFFFDb\uFFFDc\uFFFDd'],
  ['half of a character', 'a\uD83D', 'a\uFFFD'],
  ['text of any language', 'Zürich – שלום 🐂 👩‍💻', 'Zürich – שלום 🐂 👩‍💻'],
])('K39: shows %s so that it can be asked for', (_what, raw, shown) => expect(shownText(raw)).toBe(shown));

it('K39: cuts between characters, and is no longer than a request may be', () => {
  expect(cutText('🐂'.repeat(200), 253)).toBe('🐂'.repeat(126));
  expect(cutText('n'.repeat(300), 253)).toHaveLength(253);
  expect(cutText('short', 253)).toBe('short');
});
