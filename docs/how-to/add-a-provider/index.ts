export { proxmox, proxmoxKind } from './provider.proxmox.js';
