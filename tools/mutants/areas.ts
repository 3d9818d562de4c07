// The code whose tests must notice every change: what decides who may, what is sent, what is told and what goes missing.

/** A part of the code, and the specs that answer for it. Only their projects are loaded, or a mutant would take a minute. */
export interface Area {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly specs: readonly string[];
}

// Without the model's spec: it shrinks what it finds for longer than a mutant may take, and a time-out is no test that failed.
const rules = ['libs/power/src/domain/!(power-model)*.spec.ts'];

export const areas: readonly Area[] = [
  {
    name: 'door guard',
    mutate: ['libs/api/src/door.guard.ts'],
    specs: ['libs/api/src/{door.guard,door-actor,credentials,strangers,readiness}.spec.ts'],
  },
  {
    name: 'power matrix',
    mutate: ['libs/power/src/domain/power-matrix.ts'],
    specs: rules,
  },
  { name: 'next step', mutate: ['libs/power/src/domain/next-step.ts'], specs: rules },
  {
    name: 'streams',
    mutate: ['streams', 'stream', 'hub', 'audiences'].map((file) => `libs/api/src/live/${file}.ts`),
    specs: ['libs/api/src/live/*.spec.ts'],
  },
  { name: 'outlet', mutate: ['libs/api/src/live/outlet.ts'], specs: ['libs/api/src/live/*.spec.ts'] },
  { name: 'pump', mutate: ['libs/ports/src/flow/pump.ts'], specs: ['libs/ports/src/flow/*.spec.ts'] },
  {
    name: 'discovery',
    mutate: ['libs/inventory/src/application/policies/discovery.policy.ts'],
    specs: ['libs/inventory/src/application/policies/*.spec.ts', 'libs/inventory/src/application/*.spec.ts'],
  },
];
