// Whether a document takes something from those who relied on the one before. Small on purpose: promises.ts says what is
// not looked at. Whoever must break something adds a v2 beside the v1.
import { object, ofSchema, resolve, STEP, type Json, type Promised } from './promises.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const exists = (at: string): Promised => ({ at, says: 'exists' });
const required = (at: string, within: string): Promised => ({ at, says: 'is required', demand: { within } });

const ofParameters = (document: Json, operation: Json, within: string): readonly Promised[] =>
  (operation['parameters'] as readonly unknown[]).flatMap((each) => {
    const { name, in: place, required: must, schema } = resolve(document, each);
    const at = `${within}${STEP}${String(place)} ${String(name)}`;
    return [exists(at), ...(must === true ? [required(at, within)] : []), ...ofSchema(document, schema, at, 'request')];
  });

const ofContent = (document: Json, content: unknown, within: string, way: 'answer' | 'request') =>
  Object.entries(object(content)).flatMap(([media, each]) => {
    const at = `${within}${STEP}${media}`;
    return [exists(at), ...ofSchema(document, object(each)['schema'], at, way)];
  });

const ofOperation = (document: Json, operation: Json, at: string): readonly Promised[] => {
  const body = object(operation['requestBody']);
  const place = `${at}${STEP}body`;
  // A refusal that can no longer happen breaks nobody: those are pointed to, answers stand in place.
  const answers = Object.entries(object(operation['responses'])).filter(([, answer]) => !('$ref' in object(answer)));
  return [
    exists(at),
    ...ofParameters(document, operation, at),
    ...('content' in body ? [exists(place), ...ofContent(document, body['content'], place, 'request')] : []),
    ...(body['required'] === true ? [required(place, at)] : []),
    ...answers.flatMap(([status, answer]) => [
      exists(`${at}${STEP}${status}`),
      ...ofContent(document, object(answer)['content'], `${at}${STEP}${status}`, 'answer'),
    ]),
  ];
};

const ofOpenApi = (document: Json): readonly Promised[] => [
  ...ofSchema(document, { $ref: '#/components/schemas/Problem' }, 'a problem', 'answer'),
  ...Object.entries(object(document['paths'])).flatMap(([path, item]) =>
    METHODS.filter((method) => method in object(item)).flatMap((method) =>
      ofOperation(document, object(object(item)[method]), `${method.toUpperCase()} ${path}`),
    ),
  ),
];

const ofMessage = (document: Json, message: Json, at: string): readonly Promised[] => [
  exists(at),
  // The topology: a service that stops listening leaves undone what others count on.
  ...((message['x-drover-to'] ?? []) as readonly unknown[]).map((to) => ({ at, says: `is taken by ${String(to)}` })),
  ...ofSchema(document, message['payload'], `${at}${STEP}payload`, 'answer'),
  ...((message['traits'] ?? []) as readonly unknown[]).flatMap((trait) =>
    ofSchema(document, resolve(document, trait)['headers'], `${at}${STEP}headers`, 'answer'),
  ),
];

const ofAsyncApi = (document: Json): readonly Promised[] =>
  Object.values(object(document['channels'])).flatMap((channel) => {
    const { address, messages } = object(channel);
    const at = String(address);
    return [
      exists(at),
      ...Object.entries(object(messages)).flatMap(([name, message]) =>
        ofMessage(document, resolve(document, message), `${at}${STEP}${name}`),
      ),
    ];
  });

const promisesOf = (document: Json) => ('asyncapi' in document ? ofAsyncApi(document) : ofOpenApi(document));
const lineOf = ({ at, says }: Promised) => `${at} ${says}`;

/**
 * What `after` takes from those who rely on `before`: promises that are gone, and demands that are new where somebody
 * was before. What is gone is named once, not with everything that was in it.
 */
export const breaking = (before: Json, after: Json): readonly string[] => {
  const [old, now] = [promisesOf(before), promisesOf(after)];
  const [oldLines, nowLines] = [new Set(old.map(lineOf)), new Set(now.map(lineOf))];
  const lost = old.filter((each) => !each.demand && !nowLines.has(lineOf(each)));
  const gone = new Set(lost.filter(({ says }) => says === 'exists').map(({ at }) => at));
  const within = (at: string) =>
    [...gone].some((place) => at.startsWith(`${place}${STEP}`) || at.startsWith(`${place}[]`));
  const told = lost.filter(({ at, says }) => !within(at) && (says === 'exists' || !gone.has(at)));
  const places = new Set(old.map(({ at }) => at));
  const demanded = now.filter((each) => each.demand && places.has(each.demand.within) && !oldLines.has(lineOf(each)));
  return [
    ...new Set([
      ...told.map((each) => `no longer: ${lineOf(each)}`),
      ...demanded.map((each) => `new: ${lineOf(each)}`),
    ]),
  ];
};
