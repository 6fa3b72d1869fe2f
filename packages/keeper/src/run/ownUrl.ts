/** Where this keeper listens: empty until it does. */
export type OwnUrl = { readonly now: () => string; readonly note: (url: string) => void };

export const createOwnUrl = (): OwnUrl => {
  let url = "";
  return {
    now: () => url,
    note: (found) => {
      url = found;
    },
  };
};
