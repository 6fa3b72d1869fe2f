/** Says what stays true for many heads once. */
export const sayOnce = (said: Set<string>, id: string, say: () => void): void => {
  if (said.has(id)) return;
  said.add(id);
  say();
};
