// The fault runs: each proves a promise, shortly with each change and in full at night. A new one is a line here.

/** One fault run: where it is, which tests of that file, and its figures. */
export interface FaultRun {
  readonly id: string;
  readonly file: string;
  /** A piece of the tests' titles; all of the file when it is left out. */
  readonly tests?: string;
  readonly short: string;
  readonly nightly: string;
}

export const faultRuns: readonly FaultRun[] = [
  {
    id: 'T-LIN-1',
    file: 'tools/faultbench/append-linearizable.int.spec.ts',
    tests: 'T-LIN-1',
    short: '300 appends of 4 processes, 14 kills',
    nightly: '40,000 appends of 4 processes, 70 kills',
  },
  {
    id: 'T-ORD-1',
    file: 'tools/faultbench/append-linearizable.int.spec.ts',
    tests: 'T-ORD-1',
    short: '8 writers in 4 processes, 1,500 positions',
    nightly: '8 writers in 8 processes, 60 s',
  },
  {
    id: 'T-ALI-1',
    file: 'tools/faultbench/alias-claims.int.spec.ts',
    short: '20 histories of 2 processes on one file, killed at any operation of the store',
    nightly: '300 histories of 2 processes on one file, killed at any operation of the store',
  },
  {
    id: 'T-IDM-1',
    file: 'apps/stories/src/idempotency.story.ts',
    tests: 'T-IDM-1',
    short: '100 keys, 10 times each, one kill',
    nightly: '200 keys, 10 times each, one kill',
  },
  {
    id: 'T-SHU-1',
    file: 'apps/stories/src/operate.story.ts',
    tests: 'T-SHU-1',
    short: '5 stops under load',
    nightly: '50 stops under load',
  },
  {
    id: 'T-DSK-1',
    file: 'apps/stories/src/disk-full.story.ts',
    short: 'a disk of 8 MB',
    nightly: 'a disk of 8 MB',
  },
  {
    id: 'T-DSK-2',
    file: 'apps/stories/src/damages.story.ts',
    short: '12 damages of a data directory',
    nightly: '200 damages of a data directory',
  },
  {
    id: 'T-CLK-1',
    file: 'apps/stories/src/clock.story.ts',
    short: 'an hour and a day back and forward: idle, at work, across a restart',
    nightly: 'the same',
  },
  {
    id: 'T-EFF-1',
    file: 'apps/stories/src/kill.story.ts',
    short:
      '300 operations by 8 clients, 12 kills; of 20 on and off one answer is lost, of 5 restarts one, of 12 one hangs',
    nightly: '1,000 operations by 8 clients, 100 kills; the same answers lost',
  },
  {
    id: 'T-PRV-1',
    file: 'apps/stories/src/provider-silence.story.ts',
    tests: 'T-PRV-1',
    short: 'a vCenter that is away for 5 s and back for 5 s, twice; one that hangs',
    nightly: 'a vCenter that is away for 5 s and back for 5 s, for 10 minutes; one that hangs',
  },
  {
    id: 'T-POI-1',
    file: 'libs/ports/src/flow/poison.spec.ts',
    tests: 'T-POI-1',
    short: '40 events that cannot be taken among 2,000',
    nightly: '40 events that cannot be taken among 10,000',
  },
  {
    id: 'T-LIM-1',
    file: 'apps/stories/src/limits.story.ts',
    tests: 'T-LIM-1',
    short: '1,000 requests a second for 10 s; 200 half-open and 200 slow clients; less than 512 MB',
    nightly: '1,000 requests a second for 60 s; the rest the same',
  },
  {
    id: 'K10',
    file: 'apps/stories/src/hostile-provider.story.ts',
    short:
      'liveness beside eighteen hostile providers: nine answers of ten at most 500 ms late, all but one of a hundred at most 4 s; the memory that each takes',
    nightly: 'the same, all but one of a hundred at most 100 ms late',
  },
  {
    id: 'K1',
    file: 'apps/stories/src/vcenter-truth.story.ts',
    short: '4 clients, 60 changes by others, answers up to 2 s late, three runs',
    nightly: '8 clients, 200 changes by others, answers up to 8 s late, three runs',
  },
  {
    id: 'K45',
    file: 'apps/stories/src/large-fleet.story.ts',
    short: '100,000 simulated machines: 15 s of a first start, and a restart',
    nightly: '100,000 simulated machines: a first start until all are listed, and a restart, no answer 300 ms late',
  },
];
