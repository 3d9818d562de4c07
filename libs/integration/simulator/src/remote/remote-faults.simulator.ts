// What a fault on the way means to whoever called: a reading failed, or a call may have been taken. Never: `no` of a call
// that was posted.
import { OutboundFault, ProviderFault, type FaultCode } from '@drover/ports';

/** What a fault of the way is to whoever called. */
const ON_THE_WAY: Readonly<Record<OutboundFault['code'], FaultCode>> = {
  address_refused: 'provider_unreachable',
  name_unresolved: 'provider_unreachable',
  unreachable: 'provider_unreachable',
  certificate_refused: 'certificate_refused',
  timed_out: 'no_answer',
  too_large: 'provider_error',
  unreadable: 'provider_error',
  aborted: 'no_answer',
};

/** What went wrong with a call that changes nothing: whether it arrived does not matter. */
export const readFault = (error: unknown): ProviderFault => {
  if (error instanceof ProviderFault) return new ProviderFault(error.code, error.detail, 'no', { cause: error });
  if (error instanceof OutboundFault)
    return new ProviderFault(ON_THE_WAY[error.code], error.message, 'no', { cause: error });
  return new ProviderFault('provider_error', 'the simulator answered what nobody can read', 'no', { cause: error });
};

/** What went wrong with a call that changes something: once it was posted, it may have been taken. */
export const effectFault = (error: unknown): ProviderFault => {
  if (error instanceof ProviderFault) return error;
  if (error instanceof OutboundFault && error.sent === 'no') return readFault(error);
  const detail = error instanceof OutboundFault ? error.message : 'the simulator answered what nobody can read';
  return new ProviderFault('no_answer', detail, 'maybe', { cause: error });
};
