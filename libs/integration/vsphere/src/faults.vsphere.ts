// vCenter's faults and those of the way there as ProviderFault: which code, and whether the call may have been taken
// (`sent`). Never: answer `no` for a call with an effect whose answer was lost; the policy would send a restart again.
import { OutboundFault, ProviderFault, SecretUnusable, type FaultCode } from '@drover/ports';
import { VimFault } from './soap/soap.vsphere.js';

/** The provider's words in ours. What is not listed is an error of its own: its type and its text go along. */
const CODES: Readonly<Record<string, FaultCode>> = {
  InvalidPowerState: 'invalid_power_state',
  ToolsUnavailable: 'tools_unavailable',
  TaskInProgress: 'busy',
  ConcurrentAccess: 'busy',
  ResourceInUse: 'busy',
  ManagedObjectNotFound: 'not_found',
  InvalidLogin: 'sign_in_failed',
  NoPermission: 'not_permitted',
};

/** Whether the provider no longer knows the session. */
export const isLostSession = (error: unknown) => error instanceof VimFault && error.type === 'NotAuthenticated';

/** Whether the provider does not know the object (any more). */
export const isGone = (error: unknown) => error instanceof VimFault && error.type === 'ManagedObjectNotFound';

/** A fault of the provider's own. It answered, so what it refused was not done. */
export const codeOf = ({ type }: VimFault): FaultCode => CODES[type] ?? 'provider_error';
const spoken = (fault: VimFault) =>
  new ProviderFault(codeOf(fault), `${fault.type}: ${fault.message}`, 'no', { cause: fault });

/** What a fault of the way is to whoever called. What was answered, and cannot be used, is the provider's error. */
const ON_THE_WAY: Readonly<Partial<Record<OutboundFault['code'], FaultCode>>> = {
  certificate_refused: 'certificate_refused',
  too_large: 'provider_error',
  unreadable: 'provider_error',
};
const unsent = ({ code, message }: OutboundFault, cause: unknown) =>
  new ProviderFault(ON_THE_WAY[code] ?? 'provider_unreachable', message, 'no', { cause });

/** What went wrong with a call that changes nothing: whether it arrived does not matter. */
export const readFault = (error: unknown): ProviderFault => {
  if (error instanceof ProviderFault) return new ProviderFault(error.code, error.detail, 'no', { cause: error });
  if (error instanceof VimFault) return spoken(error);
  if (error instanceof OutboundFault) return unsent(error, error);
  // The secret cannot be read: not a word about a password was said, so nothing is blocked by it.
  if (error instanceof SecretUnusable)
    return new ProviderFault('provider_error', error.message, 'no', { cause: error });
  return new ProviderFault('provider_error', error instanceof Error ? error.message : 'the call failed', 'no', {
    cause: error,
  });
};

/** What went wrong with a call that changes something: when it may have arrived, that is what matters. */
export const effectFault = (error: unknown): ProviderFault => {
  if (error instanceof ProviderFault) return error;
  if (error instanceof OutboundFault && error.sent === 'maybe')
    return new ProviderFault('no_answer', error.message, 'maybe', { cause: error });
  return readFault(error);
};

/** What a task ended with. A reason that is not known does not say that nothing was changed. */
export const taskFault = (fault: VimFault) => {
  const code = codeOf(fault);
  const detail = `${fault.type}: ${fault.message}`;
  return new ProviderFault(code, detail, code === 'provider_error' ? 'maybe' : 'no', { cause: fault });
};
