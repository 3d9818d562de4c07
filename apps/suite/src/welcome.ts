// What a process says when it is ready: where it is reached, and how to begin. Never: the token of the administrator itself;
// the file that holds it is named.
import { readFileSync } from 'node:fs';
import { Instant, systemNow } from '@drover/kernel';
import { issueSignInCode } from '@drover/local';
import type { SuiteConfig } from './config.js';

const LINK_SECONDS = 600;

/** The version of this Drover, as its package says. */
export const version = () => {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
};

/** A link that signs in, once. */
export const linkOf = (origin: string, dataDir: string) => {
  const code = issueSignInCode(dataDir, Instant.plusSeconds(systemNow(), LINK_SECONDS));
  return `${origin}/api/auth/link/${code}`;
};

/** The text that is printed once everything answers. */
export const welcomeOf = ({ dataDir, simulator, connectionsFile, apiDocs }: SuiteConfig, origin: string) => {
  const token = `Authorization: Bearer $(cat ${dataDir}/admin.token)`;
  const fleet = [
    simulator.vms > 0 && `${simulator.vms} simulated machines`,
    connectionsFile && `connections from ${connectionsFile}`,
  ];
  return [
    `Drover ${version()} is ready at ${origin} (data in ${dataDir}; ${fleet.filter(Boolean).join(', ') || 'no connections'})`,
    '',
    `Sign in, once within ten minutes:  ${linkOf(origin, dataDir)}`,
    ...(apiDocs ? [`Read and try the API:              ${origin}/api/docs`] : []),
    '',
    'Three commands to try:',
    `  curl -H "${token}" '${origin}/api/v1/fleet'`,
    `  curl -H "${token}" '${origin}/api/v1/vms?power=poweredOn&limit=3&fields=id,name,power'`,
    `  curl -N -H "${token}" '${origin}/api/events/stream'`,
  ].join('\n');
};
