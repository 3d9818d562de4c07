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
    if (depth > MAX_DEPTH || level.some((each) => typeof each === 'string' && each.length > MAX_TEXT)) return true;
    level = level.flatMap((each): unknown[] => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
};

/** Names and messages, never values: what came in is not echoed. */
const complaints = (where: string, { issues }: z.ZodError) =>
  issues.map(({ path, message, code }) => ({
    pointer: [where, ...path.map(String)].join('/') || '/',
    code: code === 'unrecognized_keys' ? 'unknown_member' : 'invalid',
    message: code === 'unrecognized_keys' ? 'There is no such member.' : message,
  }));

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
    throw new Refused({ ...problem, errors });
  }
  return { params: asked?.data ?? {}, query: filters?.data ?? {}, body: wanted?.data ?? {} };
};
