/** Memory for blocks, used again and again: megabytes that are allocated for each block cost as much as hashing it does. */
export const createBlockMemory = () => {
  const ours = new Set<ArrayBufferLike>();
  const free: ArrayBufferLike[] = [];
  return {
    take: (bytes: number): Uint8Array => {
      const found = free.findIndex((buffer) => buffer.byteLength >= bytes);
      const [buffer = new ArrayBuffer(bytes)] = found < 0 ? [] : free.splice(found, 1);
      ours.add(buffer);
      return new Uint8Array(buffer, 0, bytes);
    },
    /** Nobody looks at the block any more. Blocks that lie elsewhere are left alone. */
    giveBack: ({ buffer }: Uint8Array): void => {
      if (ours.delete(buffer)) free.push(buffer);
    },
  };
};
