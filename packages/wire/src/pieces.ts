import { KeyquorumError } from "./errorCodes.ts";

const nameOfTypedArray = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

/** Whether a value is a Uint8Array, a Buffer included, of whatever realm. What only pretends to be one is not. */
export const isBytes = (value: unknown): value is Uint8Array => nameOfTypedArray?.call(value) === "Uint8Array";

/**
 * A piece of a stream, where it is bytes: other views of memory would lose some, and text has no one spelling in bytes.
 * Throws `INVALID_VALUE` for what is no Uint8Array, and for one whose memory was given away (it says that it is empty).
 */
export const bytesOfPiece = (piece: unknown): Uint8Array => {
  if (!isBytes(piece)) {
    const hint = typeof piece === "string" ? "text: leave the encoding of the stream out" : "no Uint8Array";
    throw new KeyquorumError("INVALID_VALUE", `A piece of the content is ${hint}.`, { details: { field: "content" } });
  }
  if (piece.length > 0) return piece;
  try {
    return new Uint8Array(piece); // refuses memory that is gone
  } catch (cause) {
    throw new KeyquorumError("INVALID_VALUE", "The memory of the content, or of a piece of it, was given away (detached) or cut off.", {
      details: { field: "content" },
      cause,
    });
  }
};
