// The sentences and groups of the OpenAPI document, by the name of the route. The types do not find a missing one: a route
// without a sentence shows its summary. Never: promise here what the handler does not keep; clients read it as the contract.
import type { RouteDefinition } from '../http/routes.js';

/** What operations are grouped by: what they are about. The first whose path fits. */
const subjects = [
  { name: 'events', description: 'What happened, live and as JSON', path: /^\/api\/(events|v1\/events)/ },
  { name: 'operations', description: 'Long work: where it stands and what came of it', path: /^\/api\/v1\/operations/ },
  { name: 'connections', description: 'The providers of machines', path: /^\/api\/v1\/connections/ },
  {
    name: 'machines',
    description: 'Virtual machines, their power and their history',
    path: /^\/api\/v1\/(vms?|fleet)\b/,
  },
  { name: 'sign-in', description: 'Sessions of browsers', path: /^\/api\/auth\// },
  { name: 'system', description: 'Health of the process, and these documents', path: /^\// },
] as const;

/** The groups of the document. */
export const tags = subjects.map(({ name, description }) => ({ name, description }));

/** The group of a route. */
export const tagOf = ({ path }: RouteDefinition) =>
  subjects.find((subject) => subject.path.test(path))?.name ?? 'system';

const waits = 'The answer is 202 with the operation; `Prefer: wait=N` holds it until the operation has ended.';
const once = 'The same Idempotency-Key on this path is the same request: sent again, it answers the same operation.';
const older = 'Kept for clients of before; new ones take';
const words = 'Changes nothing at the provider.';

const sentences: Readonly<Record<string, string>> = {
  listVms:
    'Filters: any of the values within one, all filters together. All pages show the fleet as it was when the first was read, for ten minutes.',
  lookupVm:
    'Give either `name` or `alias`. A name that several machines have is refused with 409, and `candidates` says which.',
  getVm:
    'Shows what Drover knows, with its age in `asOf`. `fresh=true` reads the power from the provider now. `at` and `version` show the machine as it was.',
  getVmHistory:
    'Events of this machine only. They are kept as long as the machine is known, also when the journal has forgotten them.',
  getFleet: 'Follow the events from its `position` and nothing is missed in between.',
  listOperations: 'One operation with all that was tried and seen: `GET /api/v1/operations/{id}`.',
  listEvents:
    'For clients that cannot stream. `position` of an answer is the `after` of the next one; `next`, and the Link header, are there while more waits.',
  streamEvents:
    'Each event is a frame, named by its type; its `id` is a cursor. Come back with the last one in Last-Event-ID and nothing is missed. The frames are described in the AsyncAPI document.',
  signInByLink: 'Sets the session cookie and goes to the start page. A link works once.',
  getSession: 'Answers 200 without a session, too: `authenticated` is false then.',
  getUser: 'The roles, the groups and the rights in each group; `*` stands for all groups.',
  leave: 'For a link in a page. Streams of the session end.',
  signOut: 'For a script in a page. Streams of the session end.',
  readDocs: 'The page that shows this document; it can be switched off.',
  readDocsAsset: 'What the page loads.',
  getOpenApi: 'What generators of clients take.',
  getAsyncApi: 'The events and the frames of the stream, with the schemas of their data.',
  readWelcome: 'The page that a sign-in link leads to while the API documents are switched off.',
  readProblem: 'The page that `type` of a refusal names.',
  live: 'Answers as long as the event loop turns. It says nothing of stores and providers.',
  ready: '200 as long as reads are answered rightly; 503 while it starts, stops, or a store is missing.',
  healthDetail: 'Each store, view, reader and connection by name.',
  healthOverview: 'The same as `/health/detail`, under the path of an older client.',
  metrics: 'Text format 0.0.4. A scraper sends the token of `admin.token`, as it does for `/health/detail`.',
  getOperation: 'Read from the log of the service that does the work, so it is never behind.',
  getOperationFacts:
    'Every step and every reading, in order, internal events included. `position` counts them; it is no place in the journal.',
  cancelOperation: `What was sent to the provider is not called back. ${waits}`,
  checkOperation: `Reads the machine again and says what came of it. ${waits}`,
  markOperation: 'For an outcome that nobody could read: a person looked, and says why. It is recorded with the name.',
  runOperationAgain: `Begins another operation with the same target and body. ${once} ${waits}`,
  registerVm: `${words} ${once} When its provider reports the machine, both are one.`,
  editVm: `${words} Members that are left out stay; null clears.`,
  retireVm: `${words} Commands for it are refused with 410 from then on.`,
  listConnections:
    'Each with its state, and the reason when it is not up. Secrets are references. `position` counts the changes of this list; it is no place in the journal.',
  getConnection: 'Its state, the reason when it is not up, and how far the last listing of its machines came.',
  testConnection: 'Changes nothing. The steps in order, up to the first that fails.',
  refreshConnection: `Does not wait for the next regular listing. ${waits}`,
  resetConnection:
    'For a connection whose sign-in was refused: without this nobody tries again, so that no account is locked.',
  getSourcePowerState: `${older} \`GET /api/v1/vms/{id}?fresh=true\`.`,
  sourcePowerOff: `${older} \`POST /api/v1/vms/{id}/actions/power-off\`. Success is said only of a machine that was read as off.`,
  sourcePowerOn: `${older} \`POST /api/v1/vms/{id}/actions/power-on\`. Success is said only of a machine that was read as on.`,
  bulkPowerOn: `One operation, whose items keep the order of the request. ${once} ${waits}`,
  bulkPowerOff: `One operation, whose items keep the order of the request; one that fails stops no other. ${once} ${waits}`,
  bulkRestart: `One operation, whose items keep the order of the request; one that fails stops no other. ${once} ${waits}`,
  listDeadLetters: 'Each names the reader, the key that it holds up, and what was wrong with it.',
  getDeadLetter: 'With the event, or its bytes where it could not be parsed.',
  replayDeadLetter: 'What is taken is what came, under the same id.',
  discardDeadLetter: 'It stays in the journal; the reader that could not take it goes on without.',
};

/** What an operation of the document does, in sentences; what it is called stands in its summary. */
export const descriptionOf = (operationId: string, { says, summary }: RouteDefinition) =>
  says === undefined ? (sentences[operationId] ?? summary) : `${says} ${once} ${waits}`;
