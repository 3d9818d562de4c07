// The HTTP client of a Proxmox cluster: requests with the API token, answers parsed, refusals as ProviderFault. Never:
// retry, or let a text of the cluster out without the secret masked.
import * as z from 'zod';
import type { ConnectionTarget } from '@drover/kernel';
import { OutboundFault, ProviderFault, SecretUnusable, sleep, type FaultCode, type ProviderPorts } from '@drover/ports';

/** What the secret of a cluster holds: an API token as `USER@REALM!TOKENID=UUID`. */
export const TokenCredential = z.object({ token: z.string().regex(/^[^@\s]+@[^!\s]+![^=\s]+=[0-9a-fA-F-]{36}$/) });

/** The API answers, and says that it cannot reach the node of a machine. */
export class NodeAway extends ProviderFault {
  constructor(detail: string) {
    super('provider_error', detail);
  }
}

/** The provider's words in ours: most refusals are a 500 with a sentence, and a task ends with such a sentence, too. */
const WORDS: readonly (readonly [RegExp, FaultCode])[] = [
  [/ does not exist/, 'not_found'],
  [/(not|already) running|is paused/, 'invalid_power_state'],
  [/is locked|can't lock file/, 'busy'],
];
const codeOf = (words: string): FaultCode => WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? 'provider_error';

/** What an answer that is no success means. 595 and above: the node that was asked could not ask the machine's own node. */
const refusalOf = (status: number, words: string): ProviderFault => {
  if (status === 401) return new ProviderFault('sign_in_failed', words);
  if (status === 403) return new ProviderFault('not_permitted', words);
  if (status === 595) return new NodeAway(words);
  if (status > 595) return new ProviderFault('no_answer', words, 'maybe');
  return new ProviderFault(codeOf(words), words);
};

/** Whatever kept an answer from coming, as a fault. Only what changes something cares whether it arrived. */
const faultOf = (error: unknown, changes: boolean): ProviderFault => {
  if (error instanceof ProviderFault) return error;
  if (error instanceof SecretUnusable) return new ProviderFault('provider_error', error.message);
  if (!(error instanceof OutboundFault)) return new ProviderFault('provider_error', 'the answer cannot be understood');
  if (changes && error.sent === 'maybe') return new ProviderFault('no_answer', error.message, 'maybe');
  if (error.code === 'aborted') return new ProviderFault('no_answer', error.message);
  const code = error.code === 'certificate_refused' ? error.code : 'provider_unreachable';
  return new ProviderFault(code, error.message);
};

const Answer = z.object({ data: z.unknown(), message: z.string().optional() });
const TaskState = z.object({ status: z.string(), exitstatus: z.string().optional() });
const LOOK_MS = 10_000;
const TASK_POLL_MS = 200;

/** One request. `mayStart` is asked in the last line before it is sent. */
interface PveCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly mayStart?: () => boolean;
}

/** The API of one cluster. The token travels with every request, so there is no session to keep. */
export const pveApi = (target: ConnectionTarget, { http, secrets, clock }: Omit<ProviderPorts, 'reads'>) => {
  const exchange = async ({ method, path, mayStart }: PveCall, signal: AbortSignal): Promise<unknown> => {
    const { token } = await secrets.credential(target.credentialRef ?? '', TokenCredential);
    const request = {
      ...{ method, url: `${(target.url ?? '').replace(/\/$/, '')}/api2/json${path}`, timeoutMs: LOOK_MS },
      headers: { authorization: `PVEAPIToken=${token}`, accept: 'application/json' },
      ...(mayStart && { mayStart }),
    };
    const { status, body } = await http.request(target, request, signal);
    const { data, message } = Answer.parse(status === 200 || body.startsWith('{') ? JSON.parse(body) : {});
    if (status === 200) return data;
    const words = message?.trim() || `the API answered ${status}`;
    throw refusalOf(status, words.replaceAll(token.slice(token.indexOf('=') + 1), '[secret]'));
  };
  const call = async <T>(schema: z.ZodType<T>, request: PveCall, signal: AbortSignal): Promise<T> => {
    try {
      return schema.parse(await exchange(request, signal));
    } catch (error) {
      throw faultOf(error, request.method === 'POST');
    }
  };
  const get = <T>(schema: z.ZodType<T>, path: string, signal: AbortSignal) =>
    call(schema, { method: 'GET', path }, signal);

  /** Waits until a task has ended. One that cannot be watched any more may have been carried out. */
  const ended = async (node: string, upid: string, signal: AbortSignal) => {
    const path = `/nodes/${node}/tasks/${encodeURIComponent(upid)}/status`;
    try {
      for (;;) {
        const { status, exitstatus = '' } = await get(TaskState, path, signal);
        if (status === 'stopped') return exitstatus;
        await sleep(clock, TASK_POLL_MS, signal);
      }
    } catch (error) {
      throw new ProviderFault('no_answer', error instanceof Error ? error.message : `${upid} cannot be read`, 'maybe');
    }
  };
  return {
    get,
    post: <T>(schema: z.ZodType<T>, path: string, signal: AbortSignal, mayStart?: () => boolean) =>
      call(schema, { method: 'POST', path, ...(mayStart && { mayStart }) }, signal),
    /** Waits for a task, and throws what it ended with unless that was success. */
    finished: async (node: string, upid: string, signal: AbortSignal) => {
      const exit = await ended(node, upid, signal);
      if (exit === 'OK' || exit.startsWith('WARNINGS')) return;
      const code = codeOf(exit);
      throw new ProviderFault(code, exit, code === 'provider_error' ? 'maybe' : 'no');
    },
  };
};

/** The API of one cluster, for signatures. */
export type PveApi = ReturnType<typeof pveApi>;
