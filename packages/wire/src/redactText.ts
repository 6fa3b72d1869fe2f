import { withoutKeys } from "./withoutSecrets.ts";

const LONG_HEX = /\b(0x)?[0-9a-fA-F]{256,}\b/g;
const MAX_LENGTH = 600;

/** Takes out of a text what may carry a secret or fill a disk: what of URLs and headers can be a key, and long hex. */
export const redactText = (text: string): string => {
  const short = withoutKeys(text).replace(LONG_HEX, (hex) => `${hex.slice(0, 10)}..(${hex.length} characters)`);
  return short.length <= MAX_LENGTH ? short : `${short.slice(0, MAX_LENGTH)}..`;
};
