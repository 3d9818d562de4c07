// What comes in, checked against the schemas of its route: sizes first, then shapes and characters, all that is wrong at once.
// Never: a value that came in, echoed in a complaint. It says the place, and what is expected there.
import { problemOf, type RouteDefinition } from '@drover/contracts';
import { reject } from '@drover/kernel';
import type * as z from 'zod';
import { refuse, Refused } from '../answers/refused.js';
import type { ParsedInput, Request } from '../routes/request.js';
import { isPlain } from '../server/target.js';

const MAX_TEXT = 64 * 1024;
const MAX_DEPTH = 32;

/** Whether something is nested too deep or holds too long a text. Not recursive: the depth is what is in doubt. */
const oversized = (value: unknown) => {
  for (let level: unknown[] = [value], depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH || level.some((each) => typeof each === 'string' && Buffer.byteLength(each) > MAX_TEXT))
      return true;
    level = level.flatMap((each): unknown[] => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
};

const LONGEST_NAME = 100;
const MOST = 20;
/** The members that people write by the line. */
const written: readonly string[] = ['description', 'reason'];

/** A name as a part of a JSON pointer (RFC 6901). */
const escaped = (name: string) => name.slice(0, LONGEST_NAME).replaceAll('~', '~0').replaceAll('/', '~1');

/** Names and messages, never values: what came in is not echoed. */
const complaints = (where: string, { issues }: z.ZodError) =>
  issues.flatMap((issue) => {
    const at = (...names: readonly string[]) =>
      [where, ...[...issue.path.map(String), ...names].map(escaped)].join('/') || '/';
    if (issue.code !== 'unrecognized_keys') return [{ pointer: at(), code: 'invalid', message: issue.message }];
    return issue.keys.map((name) => ({
      pointer: at(name),
      code: 'unknown_member',
      message: 'There is no such member.',
    }));
  });

/** Where a body holds text that cannot be kept and shown as it is. Not recursive, and never without end: the depth is bounded. */
const unplain = (body: unknown) => {
  const errors: { pointer: string; code: string; message: string }[] = [];
  const message = 'This holds control characters, or half of a character.';
  const queue: (readonly [at: string, name: string, value: unknown])[] = [['', '', body]];
  for (const [at, name, value] of queue) {
    if (!isPlain(name) || (typeof value === 'string' && !isPlain(value, written.includes(name))))
      errors.push({ pointer: at, code: 'invalid', message });
    if (typeof value === 'object' && value !== null)
      for (const [member, inside] of Object.entries(value)) queue.push([`${at}/${escaped(member)}`, member, inside]);
  }
  return errors;
};

/** For whoever gave a name where an id of a machine is due. */
const BY_NAME = 'An id is a UUID. It is found by the name: /api/v1/vms/lookup?name=<name>.';

/** Checks parameters, query and body against the schemas of the route; everything that is wrong is said at once. */
export const parseInput = (route: RouteDefinition, { params, query, body }: Request): ParsedInput => {
  if (oversized(body))
    throw refuse('body_too_large', 'A member holds 64 KiB at most, 32 levels deep. Nothing was done.');
  const [asked, filters, wanted] = [
    route.params?.safeParse(params),
    route.query?.safeParse(query),
    route.body?.safeParse(body ?? {}),
  ];
  const errors = [
    ...(asked?.error ? complaints('', asked.error) : []),
    ...(filters?.error ? complaints('?', filters.error) : []),
    ...(wanted?.error ? complaints('', wanted.error) : []),
    ...(wanted ? unplain(body) : []),
  ];
  if (errors.length > 0) {
    const problem = problemOf(reject('invalid_request', 'The request does not fit its schema. Nothing was done.'));
    const hint = asked?.error && /\/vms\/\{id\}/.test(route.path) ? { hint: BY_NAME } : {};
    throw new Refused({ ...problem, ...hint, errors: errors.slice(0, MOST) });
  }
  return { params: asked?.data ?? {}, query: filters?.data ?? {}, body: wanted?.data ?? {} };
};
