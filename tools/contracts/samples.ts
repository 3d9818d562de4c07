import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSchemaOf, toCloudEvent, type DataOf, type EventType, type Service } from '@drover/contracts';
import { FactId, Instant, OperationId, StreamId } from '@drover/kernel';

const at = Instant.parse('2026-11-20T10:00:00Z');
const keys = { vm: '87c528bf-27a0-5e2f-8d65-4a964a6db00a', connection: 'site-a' } as const;

const isAudit = (name: string) => name.startsWith('audit-');

/** Where the sample of the event stands from which that of a public event is made. */
export const factPath = (type: EventType) => {
  const [, , service = '', name = ''] = type.split('.');
  // What every service records of who was let in has one sample, whoever tells it.
  const owner = isAudit(name) ? 'gateway' : service;
  return { service: service as Service, path: `libs/${owner}/corpus/${name}.v1.json` };
};

/** A public event as the sample in the corpus of its service would be told: the first sample of a new type. */
export const sampleOf = (root: string, type: EventType) => {
  const { service, path } = factPath(type);
  const fact = JSON.parse(readFileSync(join(root, path), 'utf8')) as { readonly type: string; readonly op?: number };
  const about = fact.type.startsWith('Audit') ? 'audit' : fact.type.startsWith('Connection') ? 'connection' : 'vm';
  const key = about === 'audit' ? service : keys[about];
  const stream = StreamId.of(service === 'power' && about === 'vm' ? 'power' : about, key);
  const data = dataSchemaOf(type)?.parse(fact) as DataOf<EventType>; // which leaves out what is not told
  const said = {
    ...{ type, subject: `${about}/${key}`, partitionkey: key, data },
    ...(fact.op !== undefined && { operationid: OperationId.of(service, stream, fact.op) }),
  };
  return toCloudEvent(said, { service, stream, id: FactId.createAt(at), sequence: 1, at, actor: 'ana' });
};
