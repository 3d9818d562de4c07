import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSchemaOf, toCloudEvent, type DataOf, type EventType, type Service } from '@drover/contracts';
import { FactId, Instant, OperationId, StreamId } from '@drover/kernel';

const at = Instant.parse('2026-11-20T10:00:00Z');
const keys = { vm: '87c528bf-27a0-5e2f-8d65-4a964a6db00a', connection: 'site-a', connections: 'configured' } as const;

const isAudit = (name: string) => name.startsWith('audit-');

/** Where the samples of a service's public events stand, by their types. */
export const samplesPath = (service: string) => `libs/contracts/corpus/${service}.json`;

interface StoredSample {
  readonly type: string;
  readonly op?: number;
}

/** The sample of the stored event that a public one is told of; nothing where there is none yet. */
export const storedSample = (root: string, type: EventType): StoredSample | undefined => {
  const [, , service = '', name = ''] = type.split('.');
  // What every service records of who was let in has one sample, whoever tells it.
  const path = join(root, `libs/${isAudit(name) ? 'gateway' : service}/corpus/v1.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, StoredSample>)[name] : undefined;
};

const subjectOf = (type: string) => {
  if (type.startsWith('Audit')) return 'audit';
  if (type.startsWith('Connections')) return 'connections';
  return type.startsWith('Connection') ? 'connection' : 'vm';
};

/** A public event as the sample in the corpus of its service would be told: the first sample of a new type. */
export const sampleOf = (root: string, type: EventType) => {
  const service = type.split('.')[2] as Service;
  const fact = storedSample(root, type);
  if (!fact) throw new Error(`${type} has no stored sample`);
  const about = subjectOf(fact.type);
  const key = about === 'audit' ? service : keys[about];
  const stream = StreamId.of(service === 'power' && about === 'vm' ? 'power' : about, key);
  const data = dataSchemaOf(type)?.parse(fact) as DataOf<EventType>; // which leaves out what is not told
  const said = {
    ...{ type, subject: `${about}/${key}`, partitionkey: key, data },
    ...(fact.op !== undefined && { operationid: OperationId.of(service, stream, fact.op) }),
  };
  return toCloudEvent(said, { service, stream, id: FactId.createAt(at), sequence: 1, at, actor: 'ana' });
};
