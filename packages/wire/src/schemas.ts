import { Type } from "./jsonSchema.ts";

// Building blocks of the HTTP bodies. Everything on the wire is text or a small integer; every text has one spelling.

/** Exactly so many bytes of lower-case hex. */
export const hexOf = (bytes: number) =>
  Type.String({ pattern: `^0x[0-9a-f]{${2 * bytes}}$`, minLength: 2 + 2 * bytes, maxLength: 2 + 2 * bytes });

/** 0..maxBytes bytes of lower-case hex. */
export const hexUpTo = (maxBytes: number) => Type.String({ pattern: "^0x(?:[0-9a-f]{2})*$", minLength: 2, maxLength: 2 + 2 * maxBytes });

export const Hash32Text = hexOf(32);
export const AddressText = hexOf(20);
export const PointText = Type.String({ pattern: "^0x0[23][0-9a-f]{64}$", minLength: 68, maxLength: 68 });
export const AnswerText = hexOf(162);
export const HeaderText = hexOf(318);
/** An account's own signature. */
export const SignatureText = hexOf(65);
/** A whole number of at most 64 bits, in decimal without leading zeros. */
export const Uint64Text = Type.String({ pattern: "^(?:0|[1-9][0-9]{0,19})$", minLength: 1, maxLength: 20 });
/** A chain id: a whole number of at most 78 digits. */
export const ChainIdText = Type.String({ pattern: "^[1-9][0-9]{0,77}$", minLength: 1, maxLength: 78 });
export const Slot = Type.Integer({ minimum: 1, maximum: 255 });
export const Epoch = Type.Integer({ minimum: 1, maximum: 0xffff_ffff });

/** An object with these fields and no others. */
export const exactly = Type.Object;
