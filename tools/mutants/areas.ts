// The code whose tests must notice every change: what decides who may, what is sent, what is told and what goes missing.

/** A part of the code, and the specs that answer for it: only these are loaded, for each mutant anew, so they are few. */
export interface Area {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly specs: readonly string[];
}

export const areas: readonly Area[] = [
  {
    name: 'door guard',
    mutate: ['request.guard', 'admission', 'actor-of', 'guard-record', 'sent-credentials'].map(
      (file) => `libs/api/src/guard/${file}.ts`,
    ),
    specs: ['libs/api/src/{guard/{request.guard,door-actor,credentials,strangers},health/readiness}.spec.ts'],
  },
  {
    name: 'power matrix',
    mutate: ['libs/power/src/domain/power-verbs.ts'],
    specs: ['libs/power/src/domain/{power-matrix,power-verbs,power.decider}.spec.ts'],
  },
  {
    name: 'next step',
    mutate: ['libs/power/src/domain/next-step.ts'],
    specs: ['libs/power/src/domain/next-step*.spec.ts'],
  },
  {
    name: 'streams',
    mutate: ['streams', 'stream', 'hub', 'topic-index'].map((file) => `libs/api/src/live/${file}.ts`),
    specs: ['libs/api/src/live/{topic-index,stream,streams,hub}.spec.ts'],
  },
  {
    name: 'send buffer',
    mutate: ['libs/api/src/live/send-buffer.ts'],
    specs: ['libs/api/src/live/send-buffer.spec.ts'],
  },
  {
    name: 'log reader',
    mutate: ['libs/ports/src/flow/log-reader.ts'],
    specs: ['libs/ports/src/flow/log-reader.spec.ts'],
  },
  {
    name: 'discovery',
    mutate: ['discovery', 'discovery-end'].map((file) => `libs/inventory/src/application/discovery/${file}.ts`),
    specs: [
      'libs/inventory/src/application/discovery/{discovery,discovery-parts,discovery-end,skipped-machines,identity-listing.policy,connection-refresh.policy,connection-watch.policy}.spec.ts',
    ],
  },
];
