import { problemOf, type RouteDefinition } from '@drover/contracts';
import { reject } from '@drover/kernel';
import type * as z from 'zod';
import { refuse, Refused } from './refused.js';
import type { ParsedInput, Request } from './request.js';

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
  ];
  if (errors.length > 0) {
    const problem = problemOf(reject('invalid_request', 'The request does not fit its schema. Nothing was done.'));
    throw new Refused({ ...problem, errors: errors.slice(0, MOST) });
  }
  return { params: asked?.data ?? {}, query: filters?.data ?? {}, body: wanted?.data ?? {} };
};
