// Every code of a refusal or a fault, one a line, and the body that carries it (RFC 9457). Codes and statuses are published
// and stay; titles and hints are for people. Never: put a value that somebody sent into a title or a hint.
import * as z from 'zod';
import { ConnectionId, Instant, PowerState, RequestId, VmId, type OperationId, type Rejection } from '@drover/kernel';

/** Every refusal a client can meet, one a line: status, title, whether the same may succeed later, what to do. */
// prettier-ignore
export const problems = {
  alias_conflict: [409, 'Alias belongs to another VM', false, 'Look it up by the alias, or leave the alias out.'],
  already_exists: [409, 'Already exists', false, 'Choose another id.'],
  audit_unavailable: [503, 'What was asked could not be recorded', true, 'Free space in the data directory, then try again.'],
  body_too_large: [413, 'Body too large', false, 'A body holds 256 KiB at most, a member 64 KiB.'],
  confirmation_required: [400, 'Confirmation required', false, 'Send `confirm` with the number of machines that you mean.'],
  connection_blocked: [409, 'Connection is blocked', false, 'See `reason` of the connection; after a refused sign-in fix the credential, then POST …/connections/{id}/reset.'],
  cooldown: [429, 'Restarted a short while ago', true, 'Wait, or restart `hard` with a reason.'],
  credentials_in_query_rejected: [400, 'Credentials in query rejected', false, 'Replace this secret, and send it in the Authorization header: addresses are logged.'],
  cursor_expired: [410, 'Cursor is too old', false, 'Read the list again and go on from its position.'],
  cursor_invalid: [400, 'Cursor is not valid', false, 'Use a cursor as it was given.'],
  filter_invalid: [400, 'Filter is invalid', false, 'Use existing event types, at most 100 values in total.'],
  forbidden: [403, 'Not allowed', false, 'Ask whoever grants rights.'],
  graceful_shutdown_not_possible: [409, 'Graceful shutdown not possible', false, 'Start the guest tools, or use `hard`.'],
  idempotency_key_required: [400, 'Idempotency-Key required', false, 'Send a new UUID in the header Idempotency-Key.'],
  idempotency_key_reused: [422, 'Idempotency-Key used for another request', false, 'Take a new key for a new request.'],
  internal: [500, 'Something broke', false, 'Read the state before you ask again.'],
  invalid_request: [400, 'Invalid parameter', false, 'See `errors`.'],
  method_not_allowed: [405, 'Method not allowed', false, 'Use one of the methods in Allow.'],
  name_ambiguous: [409, 'VM is ambiguous', false, 'Use the id of one of the candidates.'],
  not_acceptable: [406, 'Not acceptable', false, 'Accept application/json.'],
  not_cancellable: [409, 'Cannot be cancelled', false, 'Wait until the operation ends.'],
  not_found: [404, 'Not found', false, 'Check the address, and the id or the name in it.'],
  not_ready: [503, 'Not ready', true, 'Try again in a moment.'],
  operation_in_progress: [409, 'Operation in progress', true, 'Follow the operation at Location, or cancel it.'],
  operation_timed_out: [504, 'Operation timed out', false, 'Read the state, then ask again with a longer time-out.'],
  origin_refused: [403, 'Origin refused', false, 'Use an address that Drover serves.'],
  outcome_unknown: [500, 'Outcome unknown', false, 'Check the operation again, mark it, or run it again.'],
  page_expired: [410, 'Page is too old', false, 'Read the list from its beginning.'],
  precondition_required: [428, 'If-Match required', false, 'Read the resource, then send its ETag as If-Match.'],
  provider_error: [502, 'Provider refused', false, 'See `details`.'],
  provider_unreachable: [502, 'Provider cannot be reached', true, 'Look at the connection.'],
  rate_limited: [429, 'Too many requests', true, 'Wait as long as Retry-After says.'],
  request_timeout: [408, 'Request took too long', true, 'Send the whole request within 30 seconds.'],
  sign_in_link_invalid: [401, 'Sign-in link is not valid', false, 'Print a new one: npm run login-link, with the APP_PORT, DROVER_PUBLIC_URL and DROVER_DATA_DIR that Drover runs with.'],
  store_full: [507, 'Store is full', true, 'Free space in the data directory.'],
  store_shorter_than_anchor: [503, 'Store lacks what it had', false, 'Stop Drover, then restore a backup or accept the loss, as `detail` says.'],
  store_unavailable: [503, 'Store cannot be written', true, 'Look at /health/detail.'],
  stream_unreadable: [503, 'Stream cannot be read', false, 'Stop Drover and list the damage: npm run store -- verify. Then restore a backup, or accept the loss: npm run store -- accept-loss, and the name of the service.'],
  too_many_streams: [429, 'Too many streams', true, 'Close one, or wait as long as Retry-After says.'],
  tools_status_unknown: [409, 'Tools status unknown', false, 'Try again when it is known, or use `hard`.'],
  unauthenticated: [401, 'Sign in first', false, 'Send the session cookie or a bearer token.'],
  unsupported_media_type: [415, 'Media type not supported', false, 'Send application/json.'],
  version_mismatch: [412, 'Changed in the meantime', false, 'Read it again, then decide.'],
  view_behind: [503, 'View is behind', true, 'Ask again, or leave `min-position` out and see `asOf`.'],
  view_unreadable: [503, 'View cannot be read', true, 'See /health/detail and /api/v1/dead-letters; damage is repaired by npm run rebuild.'],
  vm_gone: [410, 'VM is gone', false, 'It left the fleet; its history stays. Register it to bring it back.'],
  vm_not_ready: [409, 'VM is not ready', true, 'Wait until its provider shows it.'],
  vm_suspended: [409, 'VM is suspended', false, 'Resume it first, or power it off with `hard`, which loses its saved memory.'],
  wrong_state: [409, 'Not in this state', false, 'Read it again, then decide.'],
} as const satisfies Readonly<Record<string, readonly [status: number, title: string, retryable: boolean, hint: string]>>;

/**
 * What goes wrong inside an operation or a connection and is no refusal of a request, one a line: title, whether it may
 * pass by itself, what to do.
 */
// prettier-ignore
export const faults = {
  busy: ['Provider works on the machine', true, 'Wait: Drover tries again. If this lasts, look at the tasks of the provider.'],
  certificate_refused: ['Certificate refused', false, 'Fix the certificate, or the `tls` of the connection.'],
  guest_question_pending: ['Guest waits for an answer', false, 'Answer the question of the machine at its provider, then run it again.'],
  holder_lost: ['Worker lost', true, 'Do nothing: another worker has taken over and reads the machine.'],
  invalid_power_state: ['Machine in another state', false, 'Read its power, then ask for what is missing.'],
  machine_unreachable: ['Provider cannot reach the machine', true, 'Look at the host of the machine at its provider, or try a `hard` power-off.'],
  no_answer: ['Provider did not answer', true, 'Wait: Drover tries again. If this lasts, look at the connection.'],
  not_configured: ['Connection is not configured', false, 'Put it back where connections are configured, or retire its machines.'],
  not_permitted: ['Provider does not permit it', false, 'Give the account of the connection the privilege that is missing.'],
  nothing_found: ['Provider shows no machine', true, 'Check that the account may see the machines. After 15 minutes Drover accepts that there are none.'],
  secret_unusable: ['Secret cannot be read', false, 'Check the file or the variable that `credential` of the connection names.'],
  sign_in_failed: ['Sign-in refused', false, 'Fix the credential, then POST …/connections/{id}/reset.'],
  tools_unavailable: ['Guest tools do not run', false, 'Start them, or use `hard`.'],
} as const satisfies Readonly<Record<string, readonly [title: string, retryable: boolean, hint: string]>>;

/** Those codes, for signatures. */
export type InsideCode = keyof typeof faults;

/** The codes, for signatures. */
export type ProblemCode = keyof typeof problems;

/** The code for a status that the HTTP server chose by itself: broken JSON, an unknown route, a body too large. */
export const codeOf = (status: number): ProblemCode => {
  const own: Readonly<Record<number, ProblemCode>> = {
    401: 'unauthenticated',
    404: 'not_found',
    405: 'method_not_allowed',
    406: 'not_acceptable',
    408: 'request_timeout',
    413: 'body_too_large',
    415: 'unsupported_media_type',
    429: 'rate_limited',
    503: 'not_ready',
  };
  return own[status] ?? (status < 500 ? 'invalid_request' : 'internal');
};

/** The body of a refusal (RFC 9457), with the members that older clients read: `error`, `details`, `vm_id`, `timestamp`. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  instance: z.string().exactOptional(),
  requestId: RequestId.schema.exactOptional(),
  retryable: z.boolean(),
  retryAfterMs: z.int().exactOptional(),
  hint: z.string().exactOptional(),
  links: z.record(z.string(), z.string()),
  errors: z
    .array(z.object({ pointer: z.string(), code: z.string(), message: z.string() }))
    .readonly()
    .exactOptional(),
  candidates: z
    .array(
      z.object({
        ...{ id: VmId.schema, name: z.string(), connectionId: ConnectionId.schema.nullable() },
        ...{ datacenter: z.string().nullable().exactOptional(), path: z.string().nullable().exactOptional() },
        power: PowerState.exactOptional(),
      }),
    )
    .readonly()
    .exactOptional(),
  error: z.string(),
  details: z.string(),
  vm_id: z.string().exactOptional(),
  asOf: Instant.schema
    .exactOptional()
    .meta({ description: 'of a dry run: the moment of the view that it was judged by' }),
  timestamp: z.string().exactOptional(),
  success: z.literal(false).exactOptional(),
  previous_state: z.string().exactOptional(),
  new_state: z.string().exactOptional(),
});
/** A problem as an answer carries it. */
export type Problem = z.output<typeof Problem>;

const operationLink = (id: OperationId) => ({ operation: `/api/v1/operations/${id}` });

/** Says a refusal in the words of HTTP. The door adds which request it was, and when. */
export const problemOf = (refusal: Rejection<ProblemCode>): Problem => {
  const { rejected, because, see, candidates, vmId, retryAfterSeconds, pointer, asOf } = refusal;
  const [status, title, retryable, hint] = problems[rejected];
  return {
    type: `/problems/${rejected}`,
    title,
    status,
    detail: because,
    code: rejected,
    retryable,
    ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1000 }),
    hint,
    links: see ? operationLink(see) : {},
    ...(pointer !== undefined && { errors: [{ pointer, code: 'invalid', message: because }] }),
    ...(candidates && { candidates }),
    error: title,
    details: because,
    ...(vmId && { vm_id: vmId }),
    ...(asOf && { asOf }),
  };
};

/** Whether a code is one of ours: facts carry codes as text. */
export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problems, code);

/** Whether a code says what went wrong inside. */
export const isInsideCode = (code: string): code is InsideCode => Object.hasOwn(faults, code);

/** What went wrong inside an operation or a connection, as a problem; any other code is an error of the provider. */
export const problemInside = (code: string, detail: string): Problem => {
  if (isProblemCode(code)) return problemOf({ rejected: code, because: detail });
  if (!isInsideCode(code)) return problemOf({ rejected: 'provider_error', because: `${code}: ${detail}` });
  const [title, retryable, hint] = faults[code];
  const general = problemOf({ rejected: 'provider_error', because: detail });
  return { ...general, type: `/problems/${code}`, code, status: 500, title, error: title, retryable, hint };
};
