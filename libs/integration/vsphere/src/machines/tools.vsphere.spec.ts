import { expect, it } from '@jest/globals';
import { toolsOf } from './tools.vsphere.js';

it.each([
  ['toolsOk', undefined, undefined, 'toolsOk'],
  ['toolsOld', 'guestToolsCurrent', 'guestToolsRunning', 'toolsOld'],
  ['toolsNotRunning', undefined, undefined, 'toolsNotRunning'],
  ['toolsNotInstalled', undefined, undefined, 'toolsNotInstalled'],
  [undefined, 'guestToolsNotInstalled', 'guestToolsNotRunning', 'toolsNotInstalled'],
  [undefined, 'guestToolsCurrent', 'guestToolsNotRunning', 'toolsNotRunning'],
  [undefined, 'guestToolsNeedUpgrade', 'guestToolsRunning', 'toolsOld'],
  [undefined, 'guestToolsSupportedOld', 'guestToolsRunning', 'toolsOld'],
  [undefined, 'guestToolsCurrent', 'guestToolsRunning', 'toolsOk'],
  [undefined, 'guestToolsUnmanaged', 'guestToolsRunning', 'toolsOk'],
  [undefined, undefined, 'guestToolsRunning', 'unknown'],
  [undefined, 'guestToolsCurrent', 'guestToolsExecutingScripts', 'unknown'],
  [undefined, undefined, undefined, 'unknown'],
  ['somethingNew', undefined, undefined, 'unknown'],
])('status %p, version %p, running %p: %s', (status, version, running, expected) =>
  expect(toolsOf({ status, version, running })).toBe(expected),
);
