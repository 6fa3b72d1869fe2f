/** Tells only every ten megabytes. */
export const everyTenMegabytes = (tell: (bytes: number) => void): ((bytes: number) => void) => {
  let told = 0;
  return (bytes) => {
    if (bytes - told < 10_000_000) return;
    told = bytes;
    tell(bytes);
  };
};
