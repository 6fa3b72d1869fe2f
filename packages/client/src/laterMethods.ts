import type { AnyAction, MethodsOf } from "./action.ts";
import type * as actions from "./actions.ts";
import type { Client } from "./bareClient.ts";
import type * as first from "./firstActions.ts";
import { withKnownError } from "./knownErrors.ts";

type Actions = typeof actions;
type Later = Exclude<keyof Actions, keyof typeof first>;

/** Whether a method gives a promise, or an async generator, which has to be one before it is loaded. Fails to compile where one is missing. */
const LATER: Readonly<Record<Later, "promise" | "loop">> = {
  appoint: "promise",
  availableDocuments: "promise",
  cancelSignedGrants: "promise",
  challenge: "promise",
  claim: "promise",
  claimFor: "promise",
  confirmReceipts: "promise",
  delegate: "promise",
  deleteDocument: "promise",
  describe: "promise",
  dismiss: "promise",
  documentIndex: "promise",
  endDelegation: "promise",
  endSessions: "promise",
  epoch: "promise",
  estimateChallenge: "promise",
  exportKey: "promise",
  exportReceipts: "promise",
  grant: "promise",
  grantMany: "promise",
  importSession: "promise",
  keyAddress: "promise",
  keeperHealth: "promise",
  keyEpochs: "promise",
  keys: "promise",
  listDocuments: "promise",
  loadEncrypted: "promise",
  movePermissions: "promise",
  onChainRequest: "promise",
  openSession: "promise",
  price: "promise",
  proveFault: "promise",
  publish: "promise",
  refund: "promise",
  requestOnChain: "promise",
  reshareOf: "promise",
  revoke: "promise",
  revokeMany: "promise",
  rollBack: "promise",
  settle: "promise",
  sign: "promise",
  signAuthorship: "promise",
  signerFor: "promise",
  signGrant: "promise",
  store: "promise",
  submitGrant: "promise",
  upload: "promise",
  verifyKeySignature: "promise",
  versions: "promise",
  watch: "loop",
  withdraw: "promise",
};

/**
 * The methods of `createClient` that are loaded, all together, when one of them is first called: bundlers make one more file of it, and what a page loads
 * first stays small (`npm run bench -- --only bundle`). Whoever imports actions one by one needs nothing of this.
 */
export const laterMethods = (client: Client): MethodsOf<Pick<Actions, Later>> => {
  const loaded = async (name: Later): Promise<AnyAction> => (await import("./laterActions.ts"))[name] as AnyAction;
  const promiseOf =
    (name: Later) =>
    async (...parameters: unknown[]) =>
      (await loaded(name))(client, ...parameters);
  const loopOf = (name: Later) =>
    async function* (...parameters: unknown[]) {
      return yield* (await loaded(name))(client, ...parameters) as AsyncGenerator; // `LATER` says so
    };
  const methods = Object.entries(LATER).map(([key, kind]) => {
    const name = key as Later; // the keys of LATER
    return [name, withKnownError<unknown[], unknown>(name, kind === "loop" ? loopOf(name) : promiseOf(name))];
  });
  return Object.fromEntries(methods) as MethodsOf<Pick<Actions, Later>>; // one for each name
};
