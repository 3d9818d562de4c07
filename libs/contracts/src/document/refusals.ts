// Which route may refuse with which code: a rule for each code, from which the document's responses are made. A new code
// does not compile without its rule. Never: copy statuses or texts here; they stand in problems.ts.
import { problemOf, problems, type ProblemCode } from '../http/problems.js';
import { isOlder, routes, tellsOperations, type RouteDefinition } from '../http/routes.js';
import { machineVerbs } from '../operations/roles.js';
import { always, pointed, type HeaderName } from './answer-headers.js';

const any = () => true;
/** Inside an operation only, or not given yet; and 405, which is for methods that are not documented. */
const none = () => false;
const changes = ({ method }: RouteDefinition) => method !== 'GET';
const isIdentified = ({ needs }: RouteDefinition) => needs !== 'public';
const asks =
  (...names: readonly string[]) =>
  ({ query }: RouteDefinition) =>
    names.some((name) => name in (query?.shape ?? {}));
const hasBody =
  (...names: readonly string[]) =>
  ({ body }: RouteDefinition) =>
    names.some((name) => name in (body?.shape ?? {}));
const isNamed =
  (...names: readonly string[]) =>
  ({ name }: RouteDefinition) =>
    names.includes(name);
const either =
  (...rules: readonly ((route: RouteDefinition) => boolean)[]) =>
  (route: RouteDefinition) =>
    rules.some((rule) => rule(route));

/** Asks for the power of one machine, newly or again. */
const asksPower = isNamed(...machineVerbs, 'operation.run-again');
/** A guest or a running machine: what has a mode. */
const asksToStop = either(
  isNamed('operation.run-again'),
  (route) => machineVerbs.includes(route.name) && hasBody('mode', 'force')(route),
);
/** Reads the power of a machine from its provider before it answers. */
const readsProvider = either(asks('fresh'), isNamed('power.state'));
/** Says of a conflict which operation is meant. */
const namesOperation = either(asksPower, isNamed('vm.retire', 'operation.cancel', 'operation.check', 'operation.mark'));
const waitsForEnd = (route: RouteDefinition) => isOlder(route) && changes(route);
/** Heeds If-Match, also where it is not asked for. */
const heedsVersion = either(
  ({ ifMatch }) => ifMatch === true,
  asksPower,
  isNamed('vm.register', 'operation.cancel', 'operation.check', 'operation.mark'),
);
/** Lists of which every page is of one moment; in the others a cursor is a place that stays. */
const pinsPages = (route: RouteDefinition) =>
  asks('cursor')(route) && !isNamed('dead-letter.list', 'operation.facts')(route);

/** Which routes may refuse with which code. A code that is new finds its place here, or the build ends. */
const refuses: Readonly<Record<ProblemCode, (route: RouteDefinition) => boolean>> = {
  alias_conflict: isNamed('vm.register'),
  already_exists: none,
  audit_unavailable: any,
  body_too_large: changes,
  confirmation_required: hasBody('confirm', 'confirmName'),
  connection_blocked: either(asksPower, readsProvider, isNamed('connection.test', 'connection.refresh')),
  cooldown: isNamed('vm.restart', 'operation.run-again'),
  credentials_in_query_rejected: any,
  cursor_expired: asks('after', 'last_event_id', 'min-position'),
  cursor_invalid: asks('after', 'cursor', 'min-position'),
  filter_invalid: asks('event_types'),
  forbidden: isIdentified,
  graceful_shutdown_not_possible: asksToStop,
  idempotency_key_required: ({ key }) => key === 'required',
  idempotency_key_reused: ({ key }) => key !== undefined,
  internal: any,
  invalid_request: any,
  method_not_allowed: none,
  name_ambiguous: either(isOlder, isNamed('vm.lookup')),
  // Of a public route, and of one that answers without a body, nobody is asked what they accept.
  not_acceptable: ({ needs, answers }) => needs !== 'public' && Object.values(answers).some((each) => each !== null),
  not_cancellable: isNamed('operation.cancel'),
  // The documents can be switched off.
  not_found: either(
    ({ path }) => path.includes('{'),
    ({ name }) => name.startsWith('docs.'),
    isNamed('vm.lookup'),
  ),
  not_ready: ({ owner }) => owner !== 'every',
  operation_in_progress: either(asksPower, isNamed('vm.retire')),
  operation_timed_out: waitsForEnd,
  origin_refused: any, // by a Host that is not ours, too
  outcome_unknown: waitsForEnd,
  page_expired: pinsPages,
  precondition_required: ({ ifMatch }) => ifMatch === true,
  provider_error: either(readsProvider, waitsForEnd),
  provider_unreachable: either(readsProvider, waitsForEnd),
  rate_limited: any,
  request_timeout: any,
  sign_in_link_invalid: isNamed('auth.link'),
  store_full: either(changes, isNamed('auth.link', 'auth.logout')),
  store_shorter_than_anchor: any,
  store_unavailable: any,
  stream_unreadable: any,
  too_many_streams: isNamed('event.stream'),
  tools_status_unknown: asksToStop,
  unauthenticated: isIdentified,
  unsupported_media_type: changes,
  version_mismatch: heedsVersion,
  view_behind: asks('min-position', 'after'),
  view_unreadable: any,
  vm_gone: either(asksPower, readsProvider, isNamed('vm.lookup', 'vm.edit')),
  vm_not_ready: asksPower,
  vm_suspended: asksToStop,
  wrong_state: either(asksToStop, isNamed('vm.power-on', 'operation.check', 'operation.mark', 'dead-letter.replay')),
};

const codes = Object.keys(problems) as ProblemCode[];

/** The older power paths answer 500 for what is 502 elsewhere, and 404 for 410. */
const olderStatus: Readonly<Record<number, number>> = { 410: 404, 502: 500 };
const statusOn = (route: RouteDefinition, code: ProblemCode) => {
  const [status] = problems[code];
  return (isOlder(route) && olderStatus[status]) || status;
};

/** The statuses that a route may refuse with: those of the door, and those of what lies behind it. */
export const refusedWith = (route: RouteDefinition): readonly number[] => [
  ...new Set(codes.filter((code) => refuses[code](route)).map((code) => statusOn(route, code))),
];

const byStatus: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ['WwwAuthenticate'],
  429: ['RetryAfter'],
  503: ['RetryAfter'],
};
/** Before anybody is identified. */
const early: readonly number[] = [408, 415];
/** What an older path answers for an operation that it waited for. */
const ends: readonly number[] = [404, 409, 500, 504];
/** What is refused before credentials in a body are looked at. */
const beforeBody: readonly number[] = [401, 406, 408, 415, 429];

/** What sets refusals of one status apart: a part of their name, and the headers that they have besides. */
const kindOf = (route: RouteDefinition, status: number): readonly [kind: string, headers: readonly HeaderName[]] => {
  if (waitsForEnd(route) && !beforeBody.includes(status)) {
    const ended: readonly HeaderName[] = ['DroverView', 'IdempotencyReplayed', 'Location', 'PreferenceApplied'];
    return ['OnOlderPath', ['Deprecation', 'Sunset', ...(ends.includes(status) ? ended : [])]];
  }
  if (isOlder(route) && status === 400) return ['OnOlderPath', ['Deprecation', 'Sunset']];
  if (status !== 409 || !namesOperation(route)) return ['', []];
  return tellsOperations(route) ? ['ByOperation', ['DroverView', 'Location']] : ['WithLocation', ['Location']];
};

const example = (code: ProblemCode) =>
  problemOf({ rejected: code, because: 'What was refused, and why. Nothing was done.' });

// The statuses of the older power paths are their source's.
const older: Readonly<Record<number, string>> = {
  404: '; on the older power paths `vm_gone`',
  500: '; on the older power paths `provider_error`, `provider_unreachable`',
};

/** How a route refuses with a status: under which name among the components, and what stands there. */
export const refusalOf = (route: RouteDefinition, status: number) => {
  const [kind, more] = kindOf(route, status);
  const all = codes.filter((code) => problems[code][0] === status);
  const content = {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      example: example(all[0] ?? 'internal'),
    },
  };
  const description = `Refused: ${all.map((code) => `\`${code}\``).join(', ')}${older[status] ?? ''}`;
  const own: readonly HeaderName[] = [...(early.includes(status) ? [] : (['SetCookie'] as const)), ...more];
  const headers = pointed([...always, ...(byStatus[status] ?? []), ...own]);
  return { name: `Refused${status}${kind}`, response: { description, headers, content } };
};

/** Every refusal that a route points to, by its name among the components. */
export const refusals = Object.fromEntries(
  Object.values<RouteDefinition>(routes)
    .flatMap((route) => refusedWith(route).map((status) => refusalOf(route, status)))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, response }) => [name, response]),
);
