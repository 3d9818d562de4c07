// What looks like a secret in a text. Few patterns, each of something that has one form; a random password has none, so
// this is a net and no proof.

/** A line that looks as if it held a secret. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly what: string;
  /** The line, without the white space around it: what an exception names. */
  readonly text: string;
}

const patterns: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/],
  ['a key of AWS', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a secret key of AWS', /aws_?secret_?access_?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}\b/i],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a token of Slack', /\bxox[abeprs]-[A-Za-z0-9-]{10,}/],
  ['a bearer token', /\bBearer\s+[A-Za-z0-9._~+/-]{20,}/],
  ['a JSON web token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
  ['a password in an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"`<>${}]+:[^\s/:@'"`<>${}]+@/i],
];

/** Every finding in a text. */
export const secretsIn = (path: string, content: string): readonly Finding[] =>
  content.split('\n').flatMap((raw, at) => {
    const text = raw.trim();
    const [what] = patterns.find(([, pattern]) => pattern.test(text)) ?? [];
    return what ? [{ path, line: at + 1, what, text }] : [];
  });

/** An exception: `<path>: <the line>`, letter for letter. */
const exceptionOf = ({ path, text }: Finding) => `${path}: ${text}`;

/** What is wrong, in sentences: secrets that no exception names, and exceptions that no line needs. */
export const complaints = (found: readonly Finding[], exceptions: readonly string[]): readonly string[] => {
  const needed = new Set(found.map(exceptionOf));
  return [
    // The line itself is not printed: logs are read by more people than the repository.
    ...found
      .filter((each) => !exceptions.includes(exceptionOf(each)))
      .map(({ path, line, what }) => `${path}:${line} looks like ${what}`),
    ...exceptions
      .filter((each) => !needed.has(each))
      .map((each) => `no line needs the exception ${each.split(':')[0]}`),
  ];
};
