import { createNonceSource, drawBytes, type RandomSource } from "@keyquorum/threshold";
import type { Clock } from "../time/clock.ts";

/**
 * Random bytes of one client. It has no stored secret to hedge with, so the time of its start and a count of draws go in: a source that repeats
 * itself, or that two copies of a machine share, does not give two documents one key or two headers one nonce. What such a source gives alone is as
 * secret as the source. PROTOCOL section 1.5.
 */
export const hedgedRandom = (random: RandomSource, clock: Pick<Clock, "now">): RandomSource => {
  const boot = { id: drawBytes(random, 16), count: Math.floor(clock.now()) };
  const nonces = createNonceSource({ key: drawBytes(random, 32), boot, random });
  const session = new Uint8Array(0);
  return (length) => nonces({ purpose: "client", session })(length);
};
