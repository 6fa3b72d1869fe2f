import { interfaceOf } from "@keyquorum/bindings";
import type { DocumentId } from "@keyquorum/wire";
import { toBeHex } from "ethers";
import type { Chain } from "../chain/chain.ts";
import type { JoinedCall } from "../chain/joinedCalls.ts";
import { keyCalls } from "../keys/keyCalls.ts";

/** Which version of a document; undefined: the current one. */
export type WantedVersion = { readonly document: DocumentId; readonly version?: number | undefined };

/** Asks for a document, one of its versions and its key, with the key's holders: one question, of which `askDocument` and `askHolders` read a part each. */
export const documentCalls = (chain: Pick<Chain, "deployment">, { document, version }: WantedVersion): readonly JoinedCall[] => {
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
  return [...before, ...keyCalls(chain, [0, 4], before.length)];
};
