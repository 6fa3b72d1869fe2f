import type { ExtensionServices } from "@keyquorum/keeper";

/** A contract that says without end that it wants the same answer gets it so many times more, and no gas beyond. */
export const MOST_AGAIN = 8;

type Services = { readonly transactions: Pick<ExtensionServices["transactions"], "minedIn"> };
type Call = { readonly kind: string; readonly subject: string };

const numbered = (subject: string, times: number): string => (times === 0 ? subject : `${subject}-${times}`);

/**
 * Under which subject a call is posted that a contract wants at the head. What it has wanted again since the last one was final (another set of key servers
 * votes anew) is another transaction; until then it is the same one, whatever was killed.
 * @param call the subject of the first one
 * @param final of the look that showed that the contract wants it
 * @returns undefined: it was made often enough
 */
export const presentSubject = async (
  { transactions }: Services,
  { kind, subject }: Call,
  final: { readonly number: number },
): Promise<string | undefined> => {
  for (let times = 0; times <= MOST_AGAIN; times += 1) {
    const mined = await transactions.minedIn(kind, numbered(subject, times));
    if (mined === undefined || mined > final.number) return numbered(subject, times);
  }
  return undefined;
};

/** Whether a subject is one of those of a call. @param first that of the first one */
export const isSubjectOf = (subject: string, first: string): boolean =>
  Array.from({ length: MOST_AGAIN + 1 }, (_, times) => numbered(first, times)).includes(subject);
