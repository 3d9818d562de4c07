import { turnsRed } from '../laws/testing.js';
import { secretSourceLaws, type SecretSourceBench } from './secret-source.contract.js';
import { memorySecretSource } from './secret-source.memory.js';
import { SecretUnusable, type CredentialSchema, type SecretSource } from './secret-source.js';

type Secret = Readonly<Record<string, string>>;
type Read = (ref: string, schema: CredentialSchema) => Promise<Secret>;

const benchOf = (change: (read: Read, secrets: object) => Read = (read) => read): SecretSourceBench => {
  const kept = { username: 'ana', password: 'correct horse' };
  const secrets: Record<string, Secret> = { 'env:LAB': kept };
  return {
    source: { credential: change(memorySecretSource(secrets).credential, secrets) as SecretSource['credential'] },
    ...{ known: 'env:LAB', kept, unknown: 'env:NOBODY' },
    change: async (to) => void (secrets['env:LAB'] = to),
  };
};

/** Wrong on purpose: it reads a secret once. */
const remembering = () => {
  const read = new Map<string, ReturnType<Read>>();
  return benchOf((credential) => (ref, schema) => read.get(ref) ?? read.set(ref, credential(ref, schema)).get(ref)!);
};

/** Wrong on purpose: it takes the user for the password. */
const muddled = () =>
  benchOf((credential) => async (ref, schema) => {
    const { username = '', password = '' } = await credential(ref, schema);
    return { username: password, password: username };
  });

/** Wrong on purpose: where nothing is kept it hands out nothing, as if that were a secret. */
const blank = () =>
  benchOf((credential) => (ref, schema) => credential(ref, schema).catch(() => ({ username: '', password: '' })));

/** Wrong on purpose: it does not say which reference is wrong. */
const mute = () =>
  benchOf(
    (credential) => (ref, schema) =>
      credential(ref, schema).catch(() => Promise.reject(new SecretUnusable('no secret'))),
  );

/** Wrong on purpose: its sentence shows what it looked through. */
const talkative = () =>
  benchOf((credential, secrets) => (ref, schema) => {
    const shown = new SecretUnusable(`${ref} is not in ${JSON.stringify(secrets)}`);
    return credential(ref, schema).catch(() => Promise.reject(shown));
  });

/** Wrong on purpose: its sentence is good, but a log prints the cause as well. */
const leaking = () =>
  benchOf((credential, secrets) => (ref, schema) => {
    const cause = new Error(`not found in ${JSON.stringify(secrets)}`);
    return credential(ref, schema).catch(() => Promise.reject(new SecretUnusable(`${ref} does not exist`, { cause })));
  });

/** Wrong on purpose: it hands out whatever is kept, though somebody needs something else. */
const shapeless = () =>
  benchOf((credential, secrets) => async (ref, schema) => {
    const kept = (secrets as Readonly<Record<string, Secret>>)[ref];
    return kept ?? credential(ref, schema);
  });

const each = 'reads it each time, so that a changed one counts';
const says = 'says what is wrong with a reference, and nothing of a secret';

const shape = 'names the members that are due in a secret of another shape, and nothing of it';

turnsRed(secretSourceLaws, benchOf, [
  [remembering, each],
  [muddled, 'reads what is kept under a reference', each],
  [blank, says, shape],
  [mute, says, shape],
  [talkative, says, shape],
  [leaking, says, shape],
  [shapeless, shape],
]);
