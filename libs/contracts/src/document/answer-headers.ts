// The headers of answers, as the OpenAPI document describes them. A route's headers are chosen in answers.ts; here stands
// what each means. Never: send a header that is not listed here; a story compares what is sent with the document.
import { operationId } from './example-fleet.js';

const of = (schema: Readonly<Record<string, string>>) => (description: string, example: string | number) =>
  ({ description, schema, example }) as const;
const text = of({ type: 'string' });
const url = of({ type: 'string', format: 'uri-reference' });
const operation = `/api/v1/operations/${operationId}`;
/** The headers of answers, by the name they have among the components. */
export const answerHeaders = {
  CacheControl: text('Answers are not to be stored. Only what the documentation page loads may be.', 'no-store'),
  DroverView: text('behind: reads do not show yet what this answer says.', 'behind'),
  Deprecation: text(
    'Sent when the request held a user and a password: the moment since which that is deprecated.',
    '@1795996800',
  ),
  ETag: text('The version: the last published version of each of its streams.', '"i7-p8"'),
  IdempotencyReplayed: text('true: this is the request that the key named before.', 'true'),
  Link: text('rel="next": where the next page is; not there on the last one.', '</api/v1/vms?cursor=…>; rel="next"'),
  Location: url('The address to read or to go to next.', operation),
  OperationLocation: url('Where the operation is followed.', operation),
  PreferenceApplied: text('The part of Prefer that was applied.', 'wait=30'),
  RequestId: text('The id of the request, as it came or as Drover made it.', 'backup-script-17'),
  RetryAfter: of({ type: 'integer' })('Seconds until it makes sense to ask again.', 2),
  SetCookie: text(
    'Sets the session cookie or ends it. It is also ended when a request with a token brings the cookie of a session that is over.',
    'drover_sid=…; HttpOnly; SameSite=Lax; Path=/',
  ),
  Sunset: text('Sent with Deprecation: until when such requests are accepted.', 'Tue, 30 Nov 2027 00:00:00 GMT'),
  WwwAuthenticate: text('How to authenticate.', 'Bearer'),
  XAccelBuffering: text('Tells proxies to pass each frame on at once.', 'no'),
} as const;

/** What stands on every answer for the sake of browsers; no client of the API needs to look at them. */
export const securityHeaders = [
  ...['Content-Security-Policy', 'Cross-Origin-Opener-Policy', 'Cross-Origin-Resource-Policy', 'Origin-Agent-Cluster'],
  ...['Referrer-Policy', 'Strict-Transport-Security', 'X-Content-Type-Options', 'X-DNS-Prefetch-Control'],
  ...['X-Download-Options', 'X-Frame-Options', 'X-Permitted-Cross-Domain-Policies', 'X-XSS-Protection'],
];

const spelled = {
  CacheControl: 'Cache-Control',
  DroverView: 'Drover-View',
  Deprecation: 'Deprecation',
  ETag: 'ETag',
  IdempotencyReplayed: 'Idempotency-Replayed',
  Link: 'Link',
  Location: 'Location',
  OperationLocation: 'Operation-Location',
  PreferenceApplied: 'Preference-Applied',
  RequestId: 'X-Request-Id',
  RetryAfter: 'Retry-After',
  SetCookie: 'Set-Cookie',
  Sunset: 'Sunset',
  WwwAuthenticate: 'WWW-Authenticate',
  XAccelBuffering: 'X-Accel-Buffering',
} as const satisfies Record<keyof typeof answerHeaders, string>;

/** A header of an answer, for signatures. */
export type HeaderName = keyof typeof answerHeaders;
/** What every answer has. */
export const always: readonly HeaderName[] = ['CacheControl', 'RequestId'];

/** Headers as the document has them: by their names, pointing to the components. */
export const pointed = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [spelled[name], { $ref: `#/components/headers/${name}` }]));
