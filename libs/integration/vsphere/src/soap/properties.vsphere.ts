// Reads properties by the PropertyCollector: known objects, or everything of some kinds page by page. What the server keeps
// for us (views, tokens) is given back in every case. Never: end a listing as if it was whole when a page failed; it throws.
import { yieldToEventLoop } from '@drover/kernel';
import type { Content } from './content.vsphere.js';
import { isGone, isLostSession, readFault } from '../faults.vsphere.js';
import type { SoapCall, ProviderSession } from '../session/session.vsphere.js';
import { LISTING, ofReturned, type Bounds } from './parse.vsphere.js';
import { localizedFault, refXml, returned, VimFault, type MethodCall } from './soap.vsphere.js';
import { all, at, escape, refOf, text, textAt, type Ref, type Xml } from './xml.vsphere.js';

/** Which properties of a kind of object are wanted. Never whole ones such as `config`: they have kilobytes. */
export interface WantedProperties {
  readonly type: string;
  readonly paths: readonly string[];
}

/**
 * An object and what was read of it. What is not set is absent; what could not be read stands in `missing` with the kind
 * of fault. The id is empty when the provider gave none.
 */
export interface ObjectContent {
  readonly ref: Ref;
  readonly values: Readonly<Record<string, Xml>>;
  readonly missing?: Readonly<Record<string, string>>;
}

/** A page of objects, and nothing else that stands beside them. */
const OBJECTS: Bounds = {
  ...LISTING,
  wanted: ofReturned({ token: true, objects: { obj: true, propSet: true, missingSet: true } }),
};

/** Small enough that reading a page holds nobody up: some 50 ms. */
const PAGE = 100;

/** More than any vCenter has, of whatever is listed. */
const MOST_LISTED = 250_000;

/** Short, because a process that stops waits for it, and several times. */
const TIDY_UP_MS = 2_000;

/** A view of all objects of some kinds below the root, for as long as the session lives or until it is destroyed. */
export const createView = async (
  ask: SoapCall,
  { viewManager: self, rootFolder }: Content,
  types: readonly string[],
) => {
  const kinds = types.map((type) => `<type>${type}</type>`).join('');
  const inner = `${refXml('container', rootFolder)}${kinds}<recursive>true</recursive>`;
  const view = refOf(returned(await ask({ method: 'CreateContainerView', self, inner }))[0]);
  if (!view) throw new VimFault('UnexpectedAnswer', 'no view came back');
  return view;
};

const wantedXml = (wanted: readonly WantedProperties[]) =>
  wanted
    .map(
      ({ type, paths }) =>
        `<propSet><type>${type}</type>${paths.map((path) => `<pathSet>${path}</pathSet>`).join('')}</propSet>`,
    )
    .join('');

/** What is wanted of everything in a view. */
export const ofView = (view: Ref, wanted: readonly WantedProperties[]) =>
  `${wantedXml(wanted)}<objectSet>${refXml('obj', view)}<skip>true</skip>` +
  `<selectSet xsi:type="TraversalSpec"><name>view</name><type>${escape(view.type)}</type><path>view</path><skip>false</skip></selectSet></objectSet>`;

/** What is wanted of objects that are known. */
const ofObjects = (refs: readonly Ref[], wanted: readonly WantedProperties[]) =>
  `${wantedXml(wanted)}${refs.map((ref) => `<objectSet>${refXml('obj', ref)}</objectSet>`).join('')}`;

/** What could not be read, by its path. A lost session is no fault of a reading either: it succeeds, and nothing is in it. */
const missingOf = (sets: readonly Xml[]) =>
  Object.fromEntries(
    sets.map((each) => {
      const fault = localizedFault(at(each, 'fault'));
      if (isLostSession(fault)) throw fault;
      return [textAt(each, 'path') ?? '', fault.type];
    }),
  );

/** Names and values, as a reading (`propSet`) and an update (`changeSet`) hold them. */
export const valuesOf = (sets: readonly Xml[]) =>
  Object.fromEntries(
    sets.flatMap((set) => (at(set, 'val') === undefined ? [] : [[textAt(set, 'name') ?? '', at(set, 'val') ?? '']])),
  );

const NAMELESS: Ref = { type: '', id: '' };
const foundIn = (objects: readonly Xml[]): ObjectContent[] =>
  objects.map((object) => ({
    ref: refOf(at(object, 'obj')) ?? NAMELESS,
    values: valuesOf(all(object, 'propSet')),
    missing: missingOf(all(object, 'missingSet')),
  }));

/** So many at a time, and everything else in the process in between: some servers do not page. */
const pageOf = async (answer: Xml) => {
  const [result] = returned(answer);
  const objects = all(result, 'objects');
  const found: ObjectContent[] = [];
  for (let i = 0; i < objects.length; i += PAGE) {
    if (i > 0) await yieldToEventLoop();
    found.push(...foundIn(objects.slice(i, i + PAGE)));
  }
  return { found, token: textAt(result, 'token') };
};
/** Asks for what is wanted. What does not fit into a page is asked for with its token. */
export const firstPage = async (ask: SoapCall, { propertyCollector: self }: Content, spec: string, size = PAGE) => {
  const inner = `<specSet>${spec}</specSet><options><maxObjects>${size}</maxObjects></options>`;
  return pageOf(await ask({ method: 'RetrievePropertiesEx', self, inner, bounds: OBJECTS }));
};
const following = async (ask: SoapCall, { propertyCollector: self }: Content, token: string) =>
  pageOf(
    await ask({
      method: 'ContinueRetrievePropertiesEx',
      self,
      inner: `<token>${escape(token)}</token>`,
      bounds: OBJECTS,
    }),
  );

const endless = () => new VimFault('UnexpectedAnswer', 'the answer does not end');

/** Reads a few objects, whole: each that was asked for once, however many more the answer holds. */
export const retrieve = async (
  ask: SoapCall,
  content: Content,
  refs: readonly Ref[],
  wanted: readonly WantedProperties[],
) => {
  const left = new Set(refs.map(({ id }) => id));
  const asked = ({ found }: { readonly found: readonly ObjectContent[] }) =>
    found.filter(({ ref }) => left.delete(ref.id));
  let page = await firstPage(ask, content, ofObjects(refs, wanted));
  const found = asked(page);
  for (let pages = 1; page.token !== undefined; pages++) {
    if (pages > refs.length) throw endless(); // each has one of them at least
    page = await following(ask, content, page.token);
    found.push(...asked(page));
  }
  return found;
};

/** How many objects are asked for in one request. */
const CHUNK = 500;

/**
 * Reads objects by their references, those that are still there. One that has left spoils the reading of all, so it is
 * halved until that one is found.
 */
export const readEach = async (
  session: ProviderSession,
  refs: readonly Ref[],
  wanted: readonly WantedProperties[],
  signal: AbortSignal,
): Promise<readonly ObjectContent[]> => {
  if (refs.length === 0) return [];
  const halves = (size: number) =>
    [refs.slice(0, size), refs.slice(size)].map((some) => readEach(session, some, wanted, signal));
  if (refs.length > CHUNK) return (await Promise.all(halves(CHUNK))).flat();
  try {
    return await session.run((ask, content) => retrieve(ask, content, refs, wanted), signal);
  } catch (error) {
    if (!isGone(error)) throw error;
    return refs.length === 1 ? [] : (await Promise.all(halves(Math.ceil(refs.length / 2)))).flat();
  }
};

/** A part of one answer. `sent`: what was noted when that answer was asked for. */
export interface ContentSlice<Sent> {
  readonly found: readonly ObjectContent[];
  readonly sent: Sent;
}

/**
 * Everything of some kinds, page by page. It is all of it, or it throws a ProviderFault: half a listing is none.
 * `sending` is called before each request: all that one answer brings is of that moment, in however many slices.
 */
export async function* pages<Sent>(
  session: ProviderSession,
  wanted: readonly WantedProperties[],
  signal: AbortSignal,
  { size = PAGE, sending }: { readonly size?: number; readonly sending: () => Sent },
): AsyncGenerator<ContentSlice<Sent>> {
  const types = wanted.map(({ type }) => type);
  const open = async (ask: SoapCall, content: Content) => {
    const view = await createView(ask, content, types);
    const sent = sending();
    const page = await firstPage(ask, content, ofView(view, wanted), size).catch(async (error: unknown) => {
      await destroyView(ask, view);
      throw isGone(error) ? new VimFault('NotAuthenticated', 'the view is gone, and the session with it') : error;
    });
    return { ask, content, view, page: { ...page, sent } };
  };
  try {
    const opened = await session.run(open, signal);
    const { ask, content, view } = opened;
    let page: typeof opened.page | null = opened.page;
    let listed = 0;
    try {
      while (page) {
        for (let i = 0; i === 0 || i < page.found.length; i += PAGE) {
          if (i > 0) await yieldToEventLoop();
          yield { found: page.found.slice(i, i + PAGE), sent: page.sent };
        }
        const { token }: typeof opened.page = page;
        listed += page.found.length;
        if (listed > MOST_LISTED) throw endless();
        const sent = sending();
        page = token === undefined ? null : { ...(await following(ask, content, token)), sent };
      }
    } finally {
      if (page?.token !== undefined) await endReading(ask, content, page.token);
      await destroyView(ask, view);
    }
  } catch (error) {
    throw readFault(error);
  }
}

/** Gives back what the server keeps for the pages that nobody will read. */
const endReading = (ask: SoapCall, { propertyCollector: self }: Content, token: string) =>
  tidyUp(ask, { method: 'CancelRetrievePropertiesEx', self, inner: `<token>${escape(token)}</token>` });

/** Gives back something that the server keeps. It may fail: the session's end does it as well. */
export const tidyUp = async (ask: SoapCall, call: MethodCall) =>
  void (await ask({ ...call, timeoutMs: TIDY_UP_MS }, 'apart').catch(() => {}));

/** Gives back a view. */
export const destroyView = (ask: SoapCall, view: Ref) => tidyUp(ask, { method: 'DestroyView', self: view });

/** The text of a property; nothing when it is not set. */
export const valueOf = (found: ObjectContent, path: string) => text(found.values[path]);
