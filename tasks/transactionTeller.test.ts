import type { Hash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { withUnfinished } from "./failure.ts";
import { createTransactionTeller } from "./transactionTeller.ts";

const hash = (digit: string): Hash32 => `0x${digit.repeat(64)}` as Hash32;
const [first, second] = [hash("1"), hash("2")];

const tellerWith = (tellMs?: number) => {
  const lines: string[] = [];
  return { lines, teller: createTransactionTeller({ progress: (line) => lines.push(line) }, tellMs) };
};

describe("What a command says of its transactions", () => {
  it("is the hash at once, then how long it waits and for what, and the new hash of a speed-up", () => {
    const { lines, teller } = tellerWith();
    const what = "The grant";
    teller.onTransaction({ kind: "signed", hash: first });
    teller.onTransaction({ kind: "sent", what, hash: first });
    teller.onTransaction({ kind: "waiting", what, hash: first, milliseconds: 4_010, waitsFor: "a block with it" });
    teller.onTransaction({ kind: "repriced", what, hash: first, by: second });
    teller.onTransaction({ kind: "mined", what, hash: second, blockNumber: 7 });
    expect(lines).to.deep.equal([
      `Transaction ${first} is on its way`,
      `The grant (${first}): 4 s, waiting for a block with it`,
      `The account sent ${first} again with another fee: ${second}`,
    ]);
  });

  it("names what it waits for before there is a hash", () => {
    const { lines, teller } = tellerWith();
    teller.onTransaction({ kind: "waiting", what: "The grant", milliseconds: 2_000, waitsFor: "the account's node or wallet to take it" });
    expect(lines).to.deep.equal(["The grant: 2 s, waiting for the account's node or wallet to take it"]);
  });

  it("continues while something waits in its own way, and ends with it, also where that fails", async () => {
    const { lines, teller } = tellerWith(5);
    teller.onTransaction({ kind: "signed", hash: first });
    const failed = await teller
      .whileWaiting(new Promise((_, reject) => setTimeout(() => reject(new Error("gone")), 60)))
      .catch((error: Error) => error.message);
    const said = lines.length;
    expect([failed, teller.unfinished()]).to.deep.equal(["gone", [first]]);
    expect(said).to.be.above(1);
    expect(lines[1]).to.include(first);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(lines.length).to.equal(said);
  });

  it("is told once more when the command ends before the transaction: after Ctrl-C as after an error, for people and for programs", () => {
    const { teller } = tellerWith();
    const interrupted = { lines: ["Error: Interrupted."], data: { code: "INTERNAL" } };
    expect(withUnfinished(interrupted, teller.unfinished())).to.equal(interrupted);
    teller.onTransaction({ kind: "signed", hash: first });
    const { lines, data } = withUnfinished(interrupted, teller.unfinished());
    expect(lines[1]).to.include(first);
    expect(data).to.deep.equal({ code: "INTERNAL", unfinished: [first] });
    const known = { lines: ["Error: ..."], data: { code: "TRANSACTION_CANCELLED", details: { transaction: first } } };
    expect(withUnfinished(known, teller.unfinished()), "said already").to.equal(known);
    teller.onTransaction({ kind: "mined", what: "The grant", hash: first, blockNumber: 7 });
    expect(teller.unfinished()).to.deep.equal([]);
  });
});
