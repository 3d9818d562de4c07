export { vsphere, vsphereKind } from './vsphere.vsphere.js';
