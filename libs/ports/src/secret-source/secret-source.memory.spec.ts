import { secretSourceContract } from './secret-source.contract.js';
import { memorySecretSource } from './secret-source.memory.js';

const kept = { username: 'ana', password: 'correct horse' };
secretSourceContract('memory', async () => ({
  source: memorySecretSource({ 'env:LAB': kept }),
  known: 'env:LAB',
  kept,
  unknown: 'env:NOBODY',
}));
