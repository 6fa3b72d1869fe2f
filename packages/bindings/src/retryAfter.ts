/** Milliseconds to wait by a Retry-After header; undefined where it says nothing that can be used. */
export const retryAfterMs = (header: string, now: number): number | undefined => {
  if (/^\d{1,6}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
};
