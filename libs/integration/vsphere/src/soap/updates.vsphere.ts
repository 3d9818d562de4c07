// The stream of changes: a property collector of its own with one filter, asked by WaitForUpdatesEx. Only which object
// changed is read, not how. Never: share the collector with other calls; one wait would hold up the others.
import type { Content } from './content.vsphere.js';
import { LISTING, ofReturned, type Bounds } from './parse.vsphere.js';
import { createView, destroyView, ofView, tidyUp, type WantedProperties } from './properties.vsphere.js';
import type { SoapCall, ProviderSession } from '../session/session.vsphere.js';
import { returned, VimFault } from './soap.vsphere.js';
import { all, at, escape, refOf, textAt, type Ref, type Xml } from './xml.vsphere.js';

/** That something became of an object. What, is not read from it: by the time it comes it may not be so any more. */
export interface Update {
  readonly kind: 'enter' | 'modify' | 'leave';
  readonly type: string;
  readonly id: string;
}

/** Changes as they happen. It lives in one session: when that is lost, so is the stream. */
export interface Updates {
  /** What changed since the last time, first everything. Waits for something to change, at most so long. */
  next(maxWaitSeconds: number): Promise<{ readonly updates: readonly Update[]; readonly more: boolean }>;
  close(): Promise<void>;
}

/** What the server may put in one answer. It gives fewer where its own limit is lower. */
const MOST = 100;
/** The values in it are not read. */
const UPDATES: Bounds = {
  ...LISTING,
  wanted: ofReturned({ version: true, truncated: true, filterSet: { objectSet: { kind: true, obj: true } } }),
};
/** On top of the wait itself, for the answer to come. */
const GRACE_MS = 30_000;

const updateOf = (object: Xml): Update[] => {
  const ref = refOf(at(object, 'obj'));
  const kind = textAt(object, 'kind');
  if (!ref || (kind !== 'enter' && kind !== 'modify' && kind !== 'leave')) return [];
  return [{ kind, ...ref }];
};

/** Reads an answer to `WaitForUpdatesEx`. An empty one says that nothing changed in time. Throws for what is no answer to it. */
export const updatesOf = (answer: Xml) => {
  const [set] = returned(answer);
  const version = textAt(set, 'version');
  if (set !== undefined && version === undefined) throw new VimFault('UnexpectedAnswer', 'the changes have no version');
  return {
    version,
    more: textAt(set, 'truncated') === 'true',
    updates: all(set, 'filterSet').flatMap((filter) => all(filter, 'objectSet').flatMap(updateOf)),
  };
};

const collectorOf = async (ask: SoapCall, { propertyCollector: self }: Content): Promise<Ref> => {
  const [own] = returned(await ask({ method: 'CreatePropertyCollector', self }));
  const ref = refOf(own);
  if (!ref) throw new VimFault('UnexpectedAnswer', 'no property collector came back');
  return ref;
};

/** A collector of its own with one filter, and the way to put both away. When the filter fails, nothing is left. */
const openFilter = async (ask: SoapCall, content: Content, wanted: readonly WantedProperties[]) => {
  const self = await collectorOf(ask, content);
  const endCollector = () => tidyUp(ask, { method: 'DestroyPropertyCollector', self });
  const view = await createView(
    ask,
    content,
    wanted.map(({ type }) => type),
  ).catch(async (error: unknown) => {
    await endCollector();
    throw error;
  });
  const close = async () => {
    await endCollector();
    await destroyView(ask, view);
  };
  const spec = `<spec>${ofView(view, wanted)}</spec><partialUpdates>false</partialUpdates>`;
  await ask({ method: 'CreateFilter', self, inner: spec }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { self, close };
};

/** Opens a stream over all objects of some kinds, in a collector of its own, so that nobody else's waiting disturbs it. */
export const openUpdates = (
  session: ProviderSession,
  wanted: readonly WantedProperties[],
  signal: AbortSignal,
): Promise<Updates> =>
  session.run(async (ask, content) => {
    const { self, close } = await openFilter(ask, content, wanted);
    let version = '';
    return {
      next: async (maxWaitSeconds) => {
        const wait = `<maxWaitSeconds>${maxWaitSeconds}</maxWaitSeconds>`;
        const inner = `<version>${escape(version)}</version><options>${wait}<maxObjectUpdates>${MOST}</maxObjectUpdates></options>`;
        const timeoutMs = maxWaitSeconds * 1000 + GRACE_MS;
        const answer = updatesOf(await ask({ method: 'WaitForUpdatesEx', self, inner, timeoutMs, bounds: UPDATES }));
        version = answer.version ?? version;
        return answer;
      },
      close,
    };
  }, signal);
