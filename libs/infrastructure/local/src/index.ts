export { readBearerToken } from './bearer-token.local.js';
export { localClock } from './clock.local.js';
export { ConnectionsFileRefused, readConnectionsFile, tlsOf, type FileConnection } from './connections-file.local.js';
export {
  DirectoryRefused,
  isInUse,
  openDataDirectory,
  requireDataDirectory,
  type DataDirectory,
} from './data-directory.local.js';
export { localSecretSource } from './secret-source.local.js';
export { DefaultSecret } from './secret-text.local.js';
export { storeNotes, type StoreNote } from './store-notes.local.js';
export { forgetSignInCodes, issueSignInCode, redeemSignInCode } from './sign-in-links.local.js';
