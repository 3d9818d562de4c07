// Whether a client takes what a route answers with, by the media types of the catalogue. Never: a refusal because of a
// header that says nothing.
import type { RouteDefinition } from '@drover/contracts';

const json = ['application/json', 'application/problem+json'];

const offers = new WeakMap<RouteDefinition, readonly string[]>();

/** The media types of a route's answers, found once; none where there is no body to speak of. */
export const offeredBy = (route: RouteDefinition): readonly string[] => {
  const known = offers.get(route);
  if (known) return known;
  const types = Object.values(route.answers).flatMap((answer) =>
    typeof answer === 'string' ? [answer] : answer === null ? [] : json,
  );
  const once = [...new Set(types)];
  offers.set(route, once);
  return once;
};

/** Whether a client accepts one of a route's answers. Whoever says nothing accepts everything. */
export const accepts = (accept: string | undefined, route: RouteDefinition): boolean => {
  const offered = offeredBy(route);
  if (accept === undefined || accept.trim() === '' || offered.length === 0) return true;
  const ranges = accept
    .split(',')
    .filter((range) => !/;\s*q\s*=\s*0(\.0*)?\s*$/i.test(range))
    .map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '');
  return ranges.some(
    (range) => range === '*/*' || offered.some((type) => type === range || `${type.split('/')[0]}/*` === range),
  );
};
