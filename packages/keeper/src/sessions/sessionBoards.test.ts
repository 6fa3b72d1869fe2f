import type { StillWanted } from "@keyquorum/chain";
import type { Address, SessionId } from "@keyquorum/wire";
import { expect } from "chai";
import type { ServedContracts } from "../contracts/deployment.ts";
import { silentLogger } from "../report/logger.ts";
import type { Intent } from "../run/transactions.ts";
import { createGenerationBoard, createReshareBoard } from "./sessionBoards.ts";

const sid = `0x${"51".repeat(32)}` as SessionId;
const [ofGeneration, ofResharing] = ["a1", "a2"].map((byte) => `0x${byte.repeat(20)}` as Address);
const fail = { kind: "fail", id: "fail:1", sid } as const;

describe("the contracts as boards of sessions", () => {
  let [posted, asked]: [Intent[], string[]] = [[], []];
  let wanted: StillWanted | Error;
  let isBusy: boolean;
  beforeEach(() => {
    [posted, asked, wanted, isBusy] = [[], [], "yes", false];
  });
  const parts = {
    contracts: { addresses: { keyGeneration: ofGeneration, keyResharing: ofResharing } } as unknown as ServedContracts,
    transactions: { post: (intent: Intent) => void posted.push(intent), isBusy: () => isBusy, idle: async () => undefined },
    resends: {
      claim: () => true,
      isStillWanted: async ({ kind, subject }: { kind: string; subject: string }, { data }: { data: string }) => {
        asked.push(`${kind} ${subject} ${data}`);
        if (wanted instanceof Error) throw wanted;
        return wanted;
      },
    },
    log: silentLogger,
  };
  const [generation, resharing] = [createGenerationBoard(parts), createReshareBoard(parts)];

  it("post what is still wanted by the newest blocks, each about its session, under ids of their own", async () => {
    await generation.fail(fail);
    await resharing.fail(fail);
    expect(posted.map(({ id, kind, subject, to }) => [id, kind, subject, to])).to.deep.equal([
      ["fail:1", "fail", sid, ofGeneration],
      ["reshare:fail:1", "reshareFail", sid, ofResharing],
    ]);
    expect(asked).to.deep.equal(posted.map(({ kind, subject, data }) => `${kind} ${subject} ${data}`));
  });
  for (const refusal of ["no", "later"] as const)
    it(`post nothing where it is not wanted (${refusal}) any more: it may have been computed for long`, async () => {
      wanted = refusal;
      await generation.fail(fail);
      await resharing.fail(fail);
      expect(posted).to.deep.equal([]);
    });
  it("post nothing where the chain cannot be asked", async () => {
    wanted = new Error("the chain is away");
    expect(await generation.fail(fail).catch(({ message }: Error) => message)).to.equal("the chain is away");
    expect(posted).to.deep.equal([]);
  });
  it("ask nothing about what is being sent already", async () => {
    isBusy = true;
    await generation.fail(fail);
    expect([posted, asked]).to.deep.equal([[], []]);
  });
});
