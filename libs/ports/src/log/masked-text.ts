// What no line of a log may hold, whoever writes it. Texts are searched for what usually stands around a secret; secrets
// that an adapter knows are masked by the adapter, which sees them. Never: the patterns in another order; what one masks,
// the next relies on.

/** What stands in the place of a secret. */
export const MASK = '[secret]';
/** What is kept of a text. */
const LONGEST = 4_000;

const NAMES =
  'passw(?:or)?d|passwd|pwd|secret|(?:access_|refresh_|id_)?token|api[-_]?key|credentials?|cookie|authorization';

/** Each with what it becomes; the order matters. */
const inTexts: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic|digest)(\s+)[\w.~+/=-]{6,}/gi, `$1$2${MASK}`],
  [/(\/auth\/link\/)(?!\{)[^\s"'<>?#]+/g, `$1${MASK}`],
  [/((?:__host-)?drover_sid=)[^\s;,"']+/gi, `$1${MASK}`],
  [/(\/\/)[^\s/?#"'@]+@/g, `$1${MASK}@`],
  [/([?&][\w.~%[\]-]+=)[^\s&"'<>)]+/g, `$1${MASK}`],
  [new RegExp(`(<(?:\\w+:)?(?:${NAMES})\\b[^>]*>)[^<]+`, 'gi'), `$1${MASK}`],
  [
    new RegExp(
      `((?:${NAMES})\\\\?["']?\\s*[=:]\\s*)(?:\\\\?"[^"]*"?|'[^']*'?|(?!\\[secret\\]|bearer\\b|basic\\b)[^\\s,;&}]+)`,
      'gi',
    ),
    `$1${MASK}`,
  ],
];

/** What holds no secret together with what it is known by: an id, a code, a number. */
const WORD = /^[\w.-]*$/;

/** A text without what looks like a secret, and not longer than a line should be. */
export const maskedText = (text: string): string => {
  if (text.length < LONGEST && WORD.test(text)) return text;
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return inTexts.reduce((left, [pattern, instead]) => left.replace(pattern, instead), cut);
};

const steering = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text in which nothing begins a line or steers a terminal: such characters are written as JSON writes them. */
export const unsteered = (text: string): string =>
  text.replace(steering, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
