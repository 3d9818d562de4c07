// What vSphere says of a guest's tools, in our words. Never: absent because nothing was said.
import { GuestTools, Tools } from '@drover/kernel';

/** What the provider says of a guest's tools: one state, and two that newer versions have instead of it. */
export interface ToolsWords {
  readonly status: string | undefined;
  readonly version: string | undefined;
  readonly running: string | undefined;
}

const OLD = ['guestToolsNeedUpgrade', 'guestToolsSupportedOld', 'guestToolsTooOld'];

/** Whether the guest can be asked. What the provider does not say is unknown, never absent. */
export const toolsOf = ({ status, version, running }: ToolsWords): Tools => {
  const stated = Tools.safeParse(status);
  if (stated.success) return stated.data;
  if (version === 'guestToolsNotInstalled') return GuestTools.absent;
  if (running === 'guestToolsNotRunning') return GuestTools.stopped;
  if (running !== 'guestToolsRunning' || version === undefined) return 'unknown';
  return OLD.includes(version) ? GuestTools.outdated : GuestTools.running;
};
