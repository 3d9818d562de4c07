import { secretSourceContract } from './secret-source.contract.js';
import { memorySecretSource } from './secret-source.memory.js';

secretSourceContract('memory', async () => {
  const kept = { username: 'ana', password: 'correct horse' };
  const secrets = { 'env:LAB': kept };
  const change = async (to: typeof kept) => void (secrets['env:LAB'] = to);
  return { source: memorySecretSource(secrets), known: 'env:LAB', kept, unknown: 'env:NOBODY', change };
});
