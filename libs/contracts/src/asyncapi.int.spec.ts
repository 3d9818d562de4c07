// The parser takes seconds to load.
import { describe, expect, it } from '@jest/globals';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { asyncApi } from './asyncapi.js';
import { eventTypes } from './catalogue.js';
import { topicOf, topology } from './topology.js';

const source = asyncApi('1.2.3');
/** Errors and warnings; the parser's hints are a matter of taste. */
const bad = <Found extends { readonly severity: number }>(found: readonly Found[]) =>
  found.filter(({ severity }) => severity <= Number(DiagnosticSeverity.Warning));
const { document, diagnostics } = await new Parser().parse(JSON.stringify(source));

it('is AsyncAPI 3 to the official parser, without errors and warnings', () => {
  expect(bad(diagnostics).map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
  expect(document?.version()).toBe('3.0.0');
  expect(document?.info().version()).toBe('1.2.3');
});

it('is not valid to it with a channel that is not there', async () => {
  const broken = { ...source, operations: { lost: { action: 'send', channel: { $ref: '#/channels/nowhere' } } } };
  const { diagnostics: found } = await new Parser().parse(JSON.stringify(broken));
  expect(bad(found)).not.toEqual([]);
}, 60_000);

describe.each(eventTypes)('%s', (type) => {
  const [service, name] = type.split('.').slice(2, 4) as ['inventory' | 'power' | 'gateway', string];
  const channel = document?.channels().get(service);

  it('is told on the topic of its service', () => {
    expect(channel?.address()).toBe(topicOf(service));
    const message = channel?.messages().get(name);
    expect(message?.name()).toBe(type);
    expect(message?.headers()?.properties()).toHaveProperty('ce_type');
    expect(message?.extensions().get('x-drover-to')?.value()).toEqual(topology.get(type)?.to);
  });

  it('has the schema of its data under its type, as dataschema promises', () =>
    expect(document?.components().schemas().get(type)?.type()).toBe('object'));

  it('is received by everyone who listens, and by nobody else', () => {
    const operations = document?.operations().filterByReceive() ?? [];
    const receivers = operations.flatMap((operation) => {
      const [to, , from] = operation.id()?.split('.') ?? [];
      return from === service && operation.messages().some((message) => message.name() === type) ? [to] : [];
    });
    expect(receivers.sort()).toEqual([...(topology.get(type)?.to ?? [])].sort());
  });
});

it('shows the frames of the stream', () =>
  expect(
    document
      ?.channels()
      .get('stream')
      ?.messages()
      .all()
      .map((message) => message.id()),
  ).toEqual(['fact', 'hello', 'bookmark', 'state', 'reset', 'bye']));
