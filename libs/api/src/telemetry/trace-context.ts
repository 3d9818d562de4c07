// W3C Trace Context (https://www.w3.org/TR/trace-context/): carried on as it came; one that is malformed is as none. Never:
// one that is made up.

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zero = (hex: string) => /^0+$/.test(hex);

/** The trace that a `traceparent` names; null when it is malformed. */
export const traceOf = (
  traceparent: string | undefined,
): { readonly traceparent: string; readonly traceId: string } | null => {
  const [, version = '', traceId = '', parentId = '', flags = '', more] = PARENT.exec(traceparent ?? '') ?? [];
  if (version === '' || version === 'ff' || zero(traceId) || zero(parentId)) return null;
  if (more !== undefined && version === '00') return null; // later versions may say more; what is known is carried on
  return { traceparent: `${version}-${traceId}-${parentId}-${flags}`, traceId };
};
