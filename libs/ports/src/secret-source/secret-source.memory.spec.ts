import { secretSourceContract } from './secret-source.contract.js';
import { memorySecretSource } from './secret-source.memory.js';
import type { Credential } from './secret-source.js';

secretSourceContract('memory', async () => {
  const kept = { username: 'ana', password: 'correct horse' };
  const secrets: Record<string, Credential> = { 'env:LAB': kept };
  const change = async (to: Credential) => void (secrets['env:LAB'] = to);
  return { source: memorySecretSource(secrets), known: 'env:LAB', kept, unknown: 'env:NOBODY', change };
});
