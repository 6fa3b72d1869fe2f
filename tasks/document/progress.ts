/** Tells only every ten megabytes. */
export const everyTenMegabytes = (tell: (bytes: number) => void): ((bytes: number) => void) => {
  let told = 0;
  return (bytes) => {
    if (bytes - told < 10_000_000) return;
    told = bytes;
    tell(bytes);
  };
};

/** How many bytes, where that is known before they are read. */
export const byteCount = (bytes: number | undefined): string =>
  bytes === undefined ? "of unknown length" : `${bytes.toLocaleString("en")} bytes`;
