/** Runs work about one name after the other. Nothing is kept of a name that nobody waits for. */
export const createTurns = <Name>(): (<Result>(name: Name, work: () => Promise<Result>) => Promise<Result>) => {
  const last = new Map<Name, Promise<unknown>>();
  return async (name, work) => {
    const before = last.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
};
