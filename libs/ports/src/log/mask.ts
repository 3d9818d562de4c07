// What no line of a log may hold, whoever writes it. Texts are searched for what usually stands around a secret; secrets
// that an adapter knows are masked by the adapter, which sees them.

/** What stands in the place of a secret. */
const MASK = '[secret]';
/** What is kept of a text, and how far down a value is looked at. */
const [LONGEST, DEEPEST, MOST_MEMBERS] = [4_000, 5, 100];

const secretMember =
  /^(proxy-?)?authorization$|cookie$|passw|^pwd$|secret|token$|api[-_]?key$|credentials?$|^sign-?in-?(code|link)$|^private-?key$/i;

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

const thrown = (error: Error, deep: number, above: readonly object[]): object => {
  const { name, message, stack, cause } = error;
  const own = Object.fromEntries(
    Object.entries(error).filter(([member]) => !['message', 'stack', 'cause'].includes(member)),
  );
  const more = masked(own, deep + 1, above) as object;
  return {
    name,
    message: maskedText(message),
    ...more,
    ...(stack !== undefined && { stack: maskedText(stack) }),
    ...(cause !== undefined && { cause: masked(cause, deep + 1, above) }),
  };
};

const masked = (value: unknown, deep: number, above: readonly object[]): unknown => {
  if (typeof value === 'string') return maskedText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value) || deep >= DEEPEST) return '[…]';
  const here = [...above, value];
  if (value instanceof Error) return thrown(value, deep, here);
  if (Array.isArray(value)) return value.slice(0, MOST_MEMBERS).map((each) => masked(each, deep + 1, here));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_MEMBERS)
      .map(([member, each]) => [
        member,
        secretMember.test(member) && each !== null ? MASK : masked(each, deep + 1, here),
      ]),
  );
};

/** The members of a line as they may be written: plain values, bounded, and what can be a secret masked. */
export const maskedFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  try {
    return masked(fields, 0, []) as Record<string, unknown>;
  } catch {
    return { unwritable: true }; // a getter that throws
  }
};

/** The members whose values are masked wherever they stand, for a library that has a list of its own. */
export const SECRET_MEMBERS = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'secret',
  'token',
  'credential',
] as const;

const steering = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text in which nothing begins a line or steers a terminal: such characters are written as JSON writes them. */
export const unsteered = (text: string): string =>
  text.replace(steering, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
