/** What a member signs of a row of its own, as often as it is asked. */
import { hexToBytes } from "@keyquorum/wire";
import type { AcceptedRow, ConfirmedRow, DealtRow } from "./rows.ts";
import type { ServerKeyContext } from "./session.ts";
import { commitmentStatement, confirmationStatement, dealingHashOf, type ServerKeyResult, verdictStatement } from "./statements.ts";

export const commitmentOf = (row: DealtRow, { slot, sign }: ServerKeyContext) => {
  const commitment = dealingHashOf(row.dealing);
  return { kind: "commitment", slot, commitment, signature: sign(commitmentStatement(row, slot, commitment)) } as const;
};

export const verdictOf = (row: AcceptedRow | ConfirmedRow, { slot, sign }: ServerKeyContext) => {
  const signature = sign(verdictStatement(row, slot, hexToBytes(row.echo, 32)));
  return { kind: "verdict", slot, signature, ...(row.proposal.moved === undefined ? {} : { echo: row.echo }) } as const;
};

export const confirmationOf = (row: ConfirmedRow, { slot, sign }: ServerKeyContext) =>
  ({ kind: "confirmation", slot, signature: sign(confirmationStatement(row, slot, resultOf(row))) }) as const;

/** What members agree on. The row has computed it from the dealings. */
export const resultOf = ({ key }: { readonly key: AcceptedRow["key"] }): ServerKeyResult => {
  const [publicKey] = key.commitments;
  if (publicKey === undefined) throw new RangeError("a key has t+1 commitments");
  return { publicKey, commitmentsHash: hexToBytes(key.commitmentsHash, 32), verifyingRoot: hexToBytes(key.verifyingRoot, 32) };
};
