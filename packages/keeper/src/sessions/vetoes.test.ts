import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { KeeperError } from "../run/errors.ts";
import { setVeto, vetoedEpochs, vetoFileOf } from "./vetoes.ts";

describe("vetoes of an operator (D41)", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-vetoes-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
    const error = await work().catch((reason: unknown) => reason);
    return error instanceof KeeperError ? error.code : "no KeeperError";
  };

  it("there are none before there is a file", async () => {
    expect(await vetoedEpochs(directory)).to.deep.equal([]);
  });

  it("are kept in order, once each, in a file that only its owner reads", async () => {
    await setVeto(directory, { epoch: 12, isVetoed: true });
    await setVeto(directory, { epoch: 3, isVetoed: true });
    expect(await setVeto(directory, { epoch: 3, isVetoed: true })).to.deep.equal([3, 12]);
    expect(await vetoedEpochs(directory)).to.deep.equal([3, 12]);
    expect((await stat(vetoFileOf(directory))).mode & 0o777).to.equal(0o600);
    expect(await readdir(directory), "no draft is left").to.have.length(1);
  });

  it("are taken back one by one", async () => {
    await setVeto(directory, { epoch: 3, isVetoed: true });
    await setVeto(directory, { epoch: 4, isVetoed: true });
    expect(await setVeto(directory, { epoch: 3, isVetoed: false })).to.deep.equal([4]);
    expect(await setVeto(directory, { epoch: 9, isVetoed: false })).to.deep.equal([4]);
  });

  for (const content of [
    "",
    "{",
    "null",
    "[3]",
    '{"version":2,"epochs":[3]}',
    '{"version":1,"epochs":["3"]}',
    '{"version":1,"epochs":[0]}',
  ])
    it(`attack 50: a file that says ${JSON.stringify(content)} is no consent, and is not written over`, async () => {
      await writeFile(vetoFileOf(directory), content);
      expect(await codeOf(() => vetoedEpochs(directory))).to.equal("VETO_UNREADABLE");
      expect(await codeOf(() => setVeto(directory, { epoch: 3, isVetoed: true }))).to.equal("VETO_UNREADABLE");
    });

  it("refuse what is no epoch", async () => {
    for (const epoch of [0, -1, 1.5, Number.NaN]) {
      const error = await setVeto(directory, { epoch, isVetoed: true }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RangeError);
    }
  });

  it("say so when the folder cannot be written", async () => {
    expect(await codeOf(() => setVeto(join(directory, "gone"), { epoch: 3, isVetoed: true }))).to.equal("VAULT_IO");
  });
});
