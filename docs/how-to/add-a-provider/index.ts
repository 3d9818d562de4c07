export { proxmox, proxmoxKind } from './proxmox.proxmox.js';
