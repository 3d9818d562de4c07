export type { VspherePorts } from './session.vsphere.js';
export { vsphere } from './vsphere.vsphere.js';
