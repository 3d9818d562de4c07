// What the stories of power stand on: a house with simulated sites, machines that are handed out once, and a check that
// nothing was called a success that was not read so. Never: use a machine that another story of the file has used.
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { Operation, Page, Problem, Vm } from '@drover/contracts';
import type { Tools } from '@drover/kernel';
import { until, type Answer } from './api.js';
import { startedHouse, within } from './house.js';
import { sitesOf } from './sites.js';

/** What the older paths answer, a success or not. */
export type SourceReply = Omit<Partial<Problem>, 'success'> & {
  readonly success?: boolean;
  readonly operation?: string;
  readonly shutdown_method?: string;
  readonly tools_status?: string;
  readonly duration_seconds?: number;
};

/** What is asked of a machine. */
export type StageVerb = 'power-off' | 'power-on' | 'restart';

/** Seconds from one instant to another; not a number when one of them is not known. */
export const seconds = (from: string | null | undefined, to: string | null | undefined) =>
  (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;

/** The steps that an operation took, as its evidence has them. */
export const steps = ({ evidence }: Operation) => evidence?.attempts.map(({ step }) => step);

const wanted = (verb: string) => (verb.endsWith('power-off') ? 'poweredOff' : 'poweredOn');

/** An answer of an older path that is a success only with the state that was asked for, and says so in both places. */
const isHonest = (verb: StageVerb, { status, body }: Answer<SourceReply>) =>
  status === 200
    ? body.success === true && body.operation === verb && body.new_state === wanted(verb)
    : body.success !== true && !(status < 300 && 'success' in body);

/** An operation that is a success only when it was read so, or when a person said so by name. */
const isProven = ({ kind, evidence, result }: Operation) =>
  result?.['markedBy'] !== undefined || (evidence?.newState === wanted(kind) && evidence.verifiedAt !== null);

/** A house at work, with sites that fail on demand and machines that nobody has used yet. */
export const openStage = async (settings: Readonly<Record<string, string>> = {}) => {
  const house = await startedHouse({ DROVER_SIMULATOR_VMS: '120', DROVER_SIMULATOR_LATENCY: '0.05', ...settings });
  const api = house.api();
  const { items } = (await api.vms('?power=poweredOn&limit=200&sort=name')).body;
  const unused = items.filter(({ name, power }) => power.tools === 'toolsOk' && !name.startsWith('legacy-'));
  const answers: (readonly [verb: StageVerb, answer: Answer<SourceReply>])[] = [];
  const path = ({ id }: Vm, verb: StageVerb) => `/api/v1/vms/${id}/actions/${verb}`;

  /** So many machines that are on, their guests ready to obey; each is handed out once. */
  const machines = (count: number, connectionId?: string): Vm[] =>
    Array.from({ length: count }, () => {
      const at = unused.findIndex((vm) => connectionId === undefined || vm.connectionId === connectionId);
      const [vm] = at < 0 ? [] : unused.splice(at, 1);
      if (!vm) throw new Error('the fleet of this story is too small');
      return vm;
    });

  return {
    house,
    api,
    ...sitesOf(house.dataDir),
    machines,
    machine: (connectionId?: string) => machines(1, connectionId)[0] as Vm,
    /** A request; the answer tells the operation. */
    ask: (vm: Vm, verb: StageVerb, body: unknown = {}, headers = {}) => api.post(path(vm, verb), body, headers),
    /** A request, followed to its end. */
    done: (vm: Vm, verb: StageVerb, body: unknown = {}) => api.done(path(vm, verb), body),
    /** The same by the older path, which waits by itself. */
    source: async (vm: Vm, verb: 'power-off' | 'power-on', body: unknown = {}) => {
      const answer = await api.post<SourceReply>(`/api/v1/vm/${vm.id}/${verb}`, body);
      answers.push([verb, answer]);
      return answer;
    },
    /** The operation that an answer links. */
    linked: async ({ headers }: Answer<unknown>) => (await api.get<Operation>(headers.get('location') ?? '')).body,
    /** The operation once it is so, or after a while as it is then. */
    operationWhen: async (id: string, so: (operation: Operation) => boolean, ms?: number) =>
      (
        await until(
          () => api.operation(id),
          ({ body }) => so(body),
          ms,
        )
      ).body,
    /** The machine once it is so, or after a while as it is then. */
    vmWhen: async ({ id }: Vm, so: (vm: Vm) => boolean, ms?: number) =>
      (
        await until(
          () => api.vm(id),
          ({ body }) => so(body),
          ms,
        )
      ).body,
    /** Everything that was answered or done so far, and what of it was called a success without having been read so. */
    honesty: async () => {
      const page = await api.get<Page<Operation>>('/api/v1/operations?state=succeeded&limit=200');
      const all = await Promise.all(page.body.items.map(async ({ id }) => (await api.operation(id)).body));
      const operations = all.filter(({ kind }) => kind.startsWith('vm.'));
      const lies = [
        ...answers.filter(([verb, answer]) => !isHonest(verb, answer)),
        ...operations.filter((operation) => !isProven(operation)),
      ];
      return { answers: answers.length, operations: operations.length, lies };
    },
  };
};

/** A stage, for signatures. */
export type Stage = Awaited<ReturnType<typeof openStage>>;

/** One stage for the stories of a file: opened before the first, its faults cleared before each, closed after the last. */
export const sharedStage = () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await openStage()), within);
  beforeEach(() => stage.fail());
  afterAll(() => stage.house[Symbol.asyncDispose]());
  return () => stage;
};

/** Machines whose tools are so, as the view shows them. */
export const withTools = async (stage: Stage, tools: readonly Tools[]) => {
  const vms = stage.machines(tools.length);
  await stage.others(...vms.map(({ id: vm }, i) => ({ vm, do: 'tools', tools: tools[i] as Tools }) as const));
  return Promise.all(vms.map((vm, i) => stage.vmWhen(vm, ({ power }) => power.tools === tools[i])));
};
