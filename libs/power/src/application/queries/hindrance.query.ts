import { reject, type Rejection } from '@drover/kernel';
import type { Hindrance } from '../../domain/decide/power-wish.js';
import { isBlocked, type ProviderPorts } from '../policies/provider.policy.js';
import { machineAt, type Place } from '../projections/directory.projection.js';

/** What of a wish is checked outside of the machine's stream. */
export interface Checked {
  readonly confirmName: string | undefined;
  readonly etagReadable: boolean;
}

/**
 * What stands against a wish by what is known of the machine and its connection; null when nothing does. It goes into
 * the decision as data: a wish that was granted before is answered as then, whatever stands against it now.
 */
export const hindranceOf = async (
  place: Place,
  { confirmName, etagReadable }: Checked,
  { signIns }: Pick<ProviderPorts, 'signIns'>,
): Promise<Rejection<Hindrance> | null> => {
  const { vmId, name, gone } = place.vm;
  const no = (code: Hindrance, because: string) => reject(code, `${because} Nothing was sent.`, { vmId });
  if (!etagReadable) return no('version_mismatch', 'If-Match is no ETag of a machine.');
  if (gone) return no('vm_gone', `${name} is no longer at its provider.`);
  if (!machineAt(place)) return no('vm_not_ready', `No provider shows ${name} yet.`);
  if (await isBlocked(place, signIns))
    return no('connection_blocked', 'The provider refused the sign-in, so the connection is blocked.');
  return confirmName !== undefined && confirmName !== name
    ? no('confirmation_required', 'The name that was typed is not the name of the machine.')
    : null;
};
