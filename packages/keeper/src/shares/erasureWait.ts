/** For requests that are being answered when the time is up, in seconds. */
export const MARGIN_SECONDS = 60n;

/** No node makes the wait shorter by what it says of a request's lifetime. */
const LEAST_SECONDS = 3_600;

/** How long a keeper's own clock runs, from when it durably first saw that a secret is over to its erasure, in seconds. PROTOCOL section 3.9. */
export const erasureWait = (requestLifetime: bigint): number => Math.max(LEAST_SECONDS, Number(requestLifetime + MARGIN_SECONDS));
