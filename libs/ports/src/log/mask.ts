// Takes secrets out of what is logged: by the name of a member at any depth, and inside of texts. It is bounded in depth and
// width, and never throws. Never: log an object past it.
import { MASK, maskedText } from './masked-text.js';

/** How far down a value is looked at, and how many members of each level. */
const [DEEPEST, MOST_MEMBERS] = [5, 100];

const secretMember =
  /^(proxy-?)?authorization$|cookie$|passw|^pwd$|secret|token$|api[-_]?key$|credentials?$|^sign-?in-?(code|link)$|^private-?key$/i;

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
