import { vsphereMachineCatalog } from './machine-catalog.vsphere.js';
import { vspherePowerControl } from './power-control.vsphere.js';
import type { VspherePorts } from './session.vsphere.js';
import { sessionsOf } from './sessions.vsphere.js';

/**
 * vSphere by its SOAP interface: vCenter and single hosts. Both ports share one session per connection, so a provider
 * sees one sign-in of ours, whoever asks. No rule of the house is in here, and nothing is kept beyond the process.
 */
export const vsphere = (ports: VspherePorts) => {
  const sessions = sessionsOf(ports);
  return {
    control: vspherePowerControl(sessions, ports),
    catalog: vsphereMachineCatalog(sessions, ports),
    /** Signs out everywhere. */
    close: () => sessions.close(),
  };
};
