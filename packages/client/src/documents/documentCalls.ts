import { interfaceOf } from "@keyquorum/bindings";
import type { DocumentId } from "@keyquorum/wire";
import { toBeHex } from "ethers";
import type { Chain } from "../chain/chain.ts";
import type { JoinedCall, JoinedQuestion } from "../chain/joinedCalls.ts";
import { withKey } from "../keys/keyCalls.ts";
import type { MemberOrder } from "../keys/membersCode.ts";

/** Which version of a document; undefined: the current one. */
export type WantedVersion = {
  readonly document: DocumentId;
  readonly version?: number | undefined;
  /** In which order holders of its key are asked. Undefined: nobody is. */
  readonly order?: MemberOrder;
};

/**
 * Asks for a document and one of its versions; where its key's holders are to be asked, for the key and some of them too: one question then, of which
 * `askVersion` and `askHolders` read a part each.
 */
export const documentCalls = (chain: Pick<Chain, "deployment">, { document, version, order }: WantedVersion): JoinedQuestion => {
  const wanted = version === undefined ? ([1, 0] as const) : toBeHex(version, 32);
  const ask = (
    name: "documentOf" | "currentVersionOf" | "headerHashOf" | "versionOf",
    words: JoinedCall["words"],
    answer: number,
  ): JoinedCall => ({
    to: chain.deployment.contracts.documentRegistry,
    selector: interfaceOf("documentRegistry").getFunction(name as "documentOf").selector, // each is one of the interface's
    words: [document, ...words],
    answer,
  });
  const before = [
    ask("documentOf", [], 6),
    ask("currentVersionOf", [], 1),
    ask("headerHashOf", [wanted], 1),
    ask("versionOf", [[2, 0]], 3),
  ];
  return order === undefined ? { calls: before } : withKey(chain, { before, keyId: [0, 4], order });
};
