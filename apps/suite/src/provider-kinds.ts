// The one place that names the adapters of providers. Never: a condition; a kind that is listed is spoken.
import type { ProviderKind } from '@drover/ports';
import { vsphereKind } from '@drover/vsphere';

/** The kinds of connections that this process speaks, beside the simulated sites: a new adapter is one more line. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [vsphereKind];
