// What a process gives a capability when it is mounted, and what it gets back. Never: use cases of one capability for
// another; they ask by routes.
import type { DynamicModule } from '@nestjs/common';
import type { Health, Operation, ProblemCode, Service } from '@drover/contracts';
import type { OperationId, Rejection } from '@drover/kernel';
import type { Flows, OwnerAnswers, ServiceFlow } from '@drover/ports';
import type { GuardPorts } from '../guard/guard-ports.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** What a module is mounted with besides the ports of its capability: the same for all of a process. */
export interface ProcessPorts {
  /** Whatever the doors of a process have in common; each records in the audit of its own service. */
  readonly door: Omit<GuardPorts, 'audit'>;
  readonly flows: Flows;
  /** Without it nothing is seen. */
  readonly telemetry?: Telemetry;
}

/** Parts of a process and how they do, by name. */
export type Checks = NonNullable<Health['checks']>;

/** A capability that is mounted, as the process that mounted it sees it. */
export interface Capability {
  readonly service: Service;
  readonly module: DynamicModule;
  readonly flow: ServiceFlow;
  /** What other services may ask it. */
  readonly answers?: OwnerAnswers;
  /** What it gives the doors of the others, when it shows the fleet. */
  readonly shows?: Required<Pick<GuardPorts, 'views' | 'vms'>>;
  /** Reads an operation of its own. */
  readonly operation?: (id: OperationId) => Promise<Operation | Rejection<ProblemCode>>;
  /** How what it depends on does. */
  readonly checks?: () => Promise<Checks>;
}
