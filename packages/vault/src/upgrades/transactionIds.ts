import type { OutboxSubject } from "../stores/types/outbox.ts";

const RESHARE_PREFIX = "reshare:";

/**
 * What a transaction does and to what, by the id that it had before version 10: the kind, a colon, the subject; of reshares "reshare:" stands in front.
 * `deal:0x5e..` is "deal" of `0x5e..`, `reshare:ready:0x5e..:0x11..` is "reshareReady" of `0x5e..:0x11..`, `challenge:0xaa..:4` is "challenge" of `0xaa..:4`.
 */
export const subjectOfId = (id: string): OutboxSubject => {
  const isReshare = id.startsWith(RESHARE_PREFIX);
  const [name = "", ...rest] = (isReshare ? id.slice(RESHARE_PREFIX.length) : id).split(":");
  const kind = isReshare ? `reshare${name.slice(0, 1).toUpperCase()}${name.slice(1)}` : name;
  return { kind, subject: rest.join(":") };
};
