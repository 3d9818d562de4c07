// The settings of the simulator's process, read once from an environment that main.ts hands in. Never: listen on anything
// but loopback, or start without a token; whoever reaches the port switches machines.
import { CredentialRef, factor, readSettings, wholeNumber, type Environment } from '@drover/kernel';
import { readBearerToken } from '@drover/local';
import { SecretUnusable } from '@drover/ports';
import * as z from 'zod';

const REF = 'give it as file:<path> or env:<NAME>';

/** Every setting of the process. Those it shares with the suite mean the same. */
const settings = z.object({
  DROVER_SIMULATOR_PORT: wholeNumber('a port', 0, 65535)
    .default(8020)
    .describe('HTTP port on loopback; 0 takes a free one'),
  DROVER_SIMULATOR_TOKEN: z
    .string(REF)
    .pipe(CredentialRef)
    .describe('where the bearer token of its clients is kept: file:<path> or env:<NAME>; required'),
  DROVER_DATA_DIR: z
    .string()
    .min(1, 'leave it out or give it a value')
    .default('./data')
    .describe('ledger and faults of the sites, below simulator/; used by one process at a time'),
  DROVER_SIMULATOR_VMS: wholeNumber('a number of machines', 0, 100_000)
    .default(200)
    .describe('size of the simulated fleet'),
  DROVER_SIMULATOR_LATENCY: factor.default(1).describe('factor on the simulated latencies, 0 = none'),
});

/** Configuration is a value; only this file knows the names of its variables. */
export interface SimulatorConfig {
  readonly port: number;
  readonly token: string;
  readonly dataDir: string;
  readonly vms: number;
  readonly latency: number;
}

/** The answer to `--help`, from the same schema that checks. */
export const HELP = [
  'The simulated sites as a process of their own, on loopback alone. Settings, from the environment:',
  ...Object.entries(settings.shape).map(([name, type]) => {
    const usual = type.safeParse(undefined);
    return `  ${name.padEnd(26)} ${type.description}${usual.success ? ` (${usual.data})` : ''}`;
  }),
].join('\n');

/** Reads the environment once. Whatever is wrong is one sentence with the name, the problem and the remedy. */
export const simulatorConfig = (
  env: Environment,
): { readonly config: SimulatorConfig } | { readonly problem: string } => {
  const read = readSettings(settings, env);
  if ('problem' in read) return read;
  const given = read.settings;
  try {
    const token = readBearerToken(given.DROVER_SIMULATOR_TOKEN, env);
    return {
      config: {
        port: given.DROVER_SIMULATOR_PORT,
        token,
        dataDir: given.DROVER_DATA_DIR,
        vms: given.DROVER_SIMULATOR_VMS,
        latency: given.DROVER_SIMULATOR_LATENCY,
      },
    };
  } catch (error) {
    if (!(error instanceof SecretUnusable)) throw error;
    return { problem: `DROVER_SIMULATOR_TOKEN cannot be used: ${error.message}. Draw one of at least 32 characters.` };
  }
};
