import { KeyquorumError } from "@keyquorum/wire";

/** Joins a stream's chunks. `onTooLong` makes the error that is thrown above `maxBytes`. */
export const readAll = async (chunks: AsyncIterable<Uint8Array>, maxBytes: number, onTooLong: () => Error): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) throw onTooLong();
    parts.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};

/** A stream's chunks; releases the stream when the reader stops early. Not every browser iterates streams by itself. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

/** Lets a stream be read once; the second reader is told how to read it `again` (INVALID_VALUE), instead of nothing. */
export const once = <T>(source: () => AsyncIterable<T>, what: string, again: string): AsyncIterable<T> => {
  let isUsed = false;
  return {
    [Symbol.asyncIterator]: () => {
      if (isUsed) throw new KeyquorumError("INVALID_VALUE", `This ${what} was read already; ${again} again or keep its bytes.`);
      isUsed = true;
      return source()[Symbol.asyncIterator]();
    },
  };
};

/** One chunk. */
export async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Ends a stream with the signal's reason as soon as it aborts. */
export async function* untilAborted(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

/** Not every platform has Blobs. */
export const isBlob = (value: unknown): value is Blob => typeof Blob !== "undefined" && value instanceof Blob;

/** Passes a stream on and tells how far it is. `total`: undefined when it is not known. */
export async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  total: number | undefined,
  onProgress: ((bytes: number, total: number | undefined) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    onProgress?.(bytes, total);
  }
}
