// Words of the first provider, vSphere, that were published or stored, so they keep their spelling. Programs depend on them.
// Elsewhere in kernel, ports and adapters these neutral names are used; the glossary lists them for readers. Never: another
// spelling for one of these, or a new word of one provider.
import type { Alias } from './alias.js';
import type { Tools } from './machine.js';

/** The state of a guest's tools, also called its agent: what answers when the guest is asked to stop. */
export const GuestTools = {
  running: 'toolsOk',
  outdated: 'toolsOld',
  stopped: 'toolsNotRunning',
  absent: 'toolsNotInstalled',
  unknown: 'unknown',
} as const satisfies Record<string, Tools>;

/** The alias kind under which the key of a machine is published. */
export const KEY_ALIAS = 'instance-uuid' as const satisfies Alias['kind'];

/** The alias kind under which the reference of a machine is published. */
export const REF_ALIAS = 'moref' as const satisfies Alias['kind'];

/** The aliases that every machine of a provider has: its key, and its reference where it is known. */
export const identityAliases = (source: string, { key, ref }: { key: string; ref?: string }): readonly Alias[] => [
  { source, kind: KEY_ALIAS, value: key },
  ...(ref === undefined ? [] : [{ source, kind: REF_ALIAS, value: ref }]),
];
