export { vsphere, vsphereKind } from './provider.vsphere.js';
