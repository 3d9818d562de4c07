// What can go wrong at a provider: a code to decide by, its own words, and whether the call may have been taken. Never: `no`
// in doubt, or a secret in the words.

/** What can go wrong at a provider, in the words that policies decide by. */
export type FaultCode =
  | 'provider_unreachable' // no connection, or it broke
  | 'certificate_refused'
  | 'sign_in_failed' // wrong user or password: never tried again until the connection changes or is reset
  | 'not_permitted' // the account may not do it, or may not see it: no repeat changes that
  | 'not_found' // the provider does not know the machine
  | 'invalid_power_state' // it is not in a state that the call could change; it may be where it should be already
  | 'tools_unavailable'
  | 'busy' // another task holds the machine: later
  | 'guest_question_pending'
  | 'no_answer' // sent, and nothing came back
  | 'provider_error'; // it said no, for a reason of its own

/** A provider did not do, or did not say, what it was asked. `detail` is its own text and holds no secret. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault';
  constructor(
    readonly code: FaultCode,
    readonly detail: string,
    /** `maybe`: the call may have been taken. Read before anything is sent again. */
    readonly sent: 'no' | 'maybe' = 'no',
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }
}

/** Anything an adapter threw, as a fault: what it did not name may have been taken. */
export const faultOf = (error: unknown): ProviderFault =>
  error instanceof ProviderFault
    ? error
    : new ProviderFault('no_answer', error instanceof Error ? error.message : 'the call failed', 'maybe', {
        cause: error,
      });
