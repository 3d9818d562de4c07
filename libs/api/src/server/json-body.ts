// Reads a body strictly: bytes that are text, and JSON in which no member stands twice. Never: half of a character replaced,
// or one of two members chosen.
import { refuse } from '../answers/refused.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/gs;

/** The text of a body. Throws a refusal for bytes that are none: half of a character would be replaced silently. */
export const textOf = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw refuse('invalid_request', 'The body is not UTF-8. Nothing was done.', {}, { cause });
  }
};

/** Whether an object in valid JSON has a member twice: which of the two was meant nobody knows. */
export const hasDoubledMember = (json: string): boolean => {
  const scopes: Set<string>[] = [];
  for (const [token, isName] of json.matchAll(tokens)) {
    if (token === '{' || token === '[') scopes.push(new Set());
    else if (token === '}' || token === ']') scopes.pop();
    else if (isName !== undefined) {
      const name = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string;
      const scope = scopes.at(-1);
      if (scope?.has(name)) return true;
      scope?.add(name);
    }
  }
  return false;
};
