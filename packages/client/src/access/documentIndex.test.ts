import { type Address, type DocumentId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { codeOf } from "../fakes/errorOf.ts";
import { createFakeNode, type FakeNode, nodeError } from "../fakes/fakeNode.ts";
import { confirmCandidates } from "./availableDocuments.ts";
import { createDocumentIndex, type DocumentIndexOptions } from "./documentIndex.ts";

const address = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
const id = (digit: string): DocumentId => `0x${digit.repeat(64)}` as DocumentId;
const [alice, bob, mallory] = [address("a"), address("b"), address("e")];

describe("The index of documents that concern an account", () => {
  let node: FakeNode;
  beforeEach(() => {
    node = createFakeNode();
  });
  const granted = (document: DocumentId, reader = bob) => node.log("accessGrants", "AccessGranted", [document, reader, alice, 9n]);
  const published = (document: DocumentId, owner: Address, permissions?: string) =>
    node.log("documentRegistry", "DocumentPublished", [
      document,
      owner,
      ZERO_HASH,
      1,
      ZERO_HASH,
      permissions ?? node.deployment.contracts.accessGrants,
      ZERO_HASH,
      { u: { x: 1n, y: 1n }, uBar: { x: 1n, y: 1n }, e: 1n, f: 1n },
      "0x",
    ]);
  const indexFor = (user: Address, options: DocumentIndexOptions = {}) => createDocumentIndex(node.chainWith(), user, options);
  const documentsOf = async (index: ReturnType<typeof createDocumentIndex>): Promise<readonly DocumentId[]> => {
    await index.refresh();
    return index.candidates().map(({ document }) => document);
  };

  it("finds what was granted, delegated, claimed and published, the newest first, and nobody else's", async () => {
    node.mine(granted(id("1")), granted(id("2"), mallory));
    node.mine(node.log("accessGrants", "ReadingDelegated", [id("3"), bob, alice, 9n]));
    node.mine(node.log("accessGrants", "DocumentClaimed", [id("4"), bob]), published(id("5"), bob), published(id("6"), alice));
    node.mine(granted(id("1")));
    expect(await documentsOf(indexFor(bob))).to.deep.equal([id("1"), id("4"), id("5"), id("3")]);
  });

  it("finds all of it where a node allows few blocks at once", async () => {
    for (const digit of "123456789") node.mine(granted(id(digit)));
    node.state.maxRange = 2;
    expect(await documentsOf(indexFor(bob))).to.have.length(9);
  });

  const mineEmpty = (count: number): void => {
    for (let block = 0; block < count; block++) node.mine();
  };

  it("reads what is new, and the last blocks before it again", async () => {
    node.mine(granted(id("1")));
    mineEmpty(299);
    const index = indexFor(bob);
    await index.refresh();
    node.mine(granted(id("2")));
    node.state.asked.length = 0;
    expect(await documentsOf(index)).to.deep.equal([id("2"), id("1")]);
    expect(node.state.asked.map(({ fromBlock, toBlock }) => [fromBlock, toBlock])).to.deep.equal([[301 - 128, 300]]);
  });

  it("finds later what a lagging node left out, also from a kept state", async () => {
    mineEmpty(100);
    node.mine(granted(id("1")));
    mineEmpty(50);
    node.state.logsBehind = 60;
    node.state.luckyHashes = 1; // a better node answers for the newest block
    const index = indexFor(bob);
    expect(await documentsOf(index)).to.deep.equal([]);
    const state = JSON.parse(JSON.stringify(index));
    node.state.logsBehind = 0;
    expect(await documentsOf(index)).to.deep.equal([id("1")]);
    expect(await documentsOf(indexFor(bob, { state }))).to.deep.equal([id("1")]);
  });

  it("marks nothing as read where the node that answers for events does not have the newest block, however far it lags", async () => {
    mineEmpty(100);
    node.mine(granted(id("1")));
    mineEmpty(500);
    node.state.logsBehind = 550;
    const index = indexFor(bob);
    expect(await codeOf(index.refresh())).to.equal("CHAIN_UNAVAILABLE");
    expect(index.toJSON().checkpoints).to.deep.equal([]);
    node.state.logsBehind = 0;
    expect(await documentsOf(index)).to.deep.equal([id("1")]);
  });

  it("waits for a node that lags by a moment", async () => {
    node.mine(granted(id("1")));
    node.state.refusals = [nodeError(-32000, "unknown block")];
    expect(await documentsOf(indexFor(bob))).to.deep.equal([id("1")]);
    expect(node.state.pauses).to.have.length(1);
  });

  it("marks no block as read above the newest one that was read, whatever another node calls final", async () => {
    mineEmpty(10);
    const index = indexFor(bob);
    const { getBlockNumber } = node.chainWith().provider;
    let asked = 0;
    // The first node is five blocks behind the one that is asked for the final block.
    Object.assign(node.chainWith().provider, { getBlockNumber: async () => (asked++ === 0 ? 5 : getBlockNumber()) });
    await index.refresh();
    expect(index.toJSON().checkpoints.map(({ number }) => number)).to.deep.equal([5]);
  });

  it("continues from a kept state", async () => {
    node.mine(granted(id("1")));
    mineEmpty(299);
    const before = indexFor(bob);
    await before.refresh();
    const state = JSON.parse(JSON.stringify(before));
    node.mine(granted(id("2")));
    node.state.asked.length = 0;
    expect(await documentsOf(indexFor(bob, { state }))).to.deep.equal([id("2"), id("1")]);
    expect(node.state.asked[0]?.fromBlock).to.equal(301 - 128);
  });

  it("reads again what a reorganisation replaced", async () => {
    node.mine(granted(id("1")));
    node.mine();
    const index = indexFor(bob);
    await index.refresh();
    node.mine(granted(id("2")));
    await index.refresh();
    node.drop(2); // the grant of 2 is gone, and block 2 is another one now
    node.mine(granted(id("3")));
    node.mine();
    node.mine();
    expect(await documentsOf(index)).to.include(id("3"));
  });

  it("starts again when no block that it remembers is left", async () => {
    node.mine(granted(id("1")));
    const index = indexFor(bob);
    await index.refresh();
    node.drop(1);
    node.mine(granted(id("2")));
    expect(await documentsOf(index)).to.include(id("2"));
  });

  it("remembers final blocks only", async () => {
    node = createFakeNode({ kind: "confirmations", blocks: 3 });
    for (const digit of "12345") node.mine(granted(id(digit)));
    const index = indexFor(bob);
    await index.refresh();
    expect(index.toJSON().checkpoints.map(({ number }) => number)).to.deep.equal([2]);
  });

  it("considers documents under other permissions contracts where it is asked to", async () => {
    node.mine(published(id("1"), alice, address("7")), published(id("2"), alice));
    node.mine(node.log("documentRegistry", "PermissionsMoved", [id("2"), node.deployment.contracts.accessGrants, address("7")]));
    expect(await documentsOf(indexFor(bob))).to.deep.equal([]);
    expect(await documentsOf(indexFor(bob, { otherPermissions: true }))).to.deep.equal([id("2"), id("1")]);
  });

  it("stops when the caller aborts", async () => {
    const reason = new Error("enough");
    expect(
      await indexFor(bob)
        .refresh({ signal: AbortSignal.abort(reason) })
        .catch((caught: unknown) => caught),
    ).to.equal(reason);
  });

  it("keeps nothing of a refresh that failed halfway", async () => {
    node.mine(granted(id("1")));
    const index = indexFor(bob);
    node.state.failures = 1;
    expect(await codeOf(index.refresh())).to.equal("CHAIN_UNAVAILABLE");
    expect(await documentsOf(index)).to.deep.equal([id("1")]);
  });

  type Json = ReturnType<typeof JSON.parse>;
  const foreign: Readonly<Record<string, (state: Json) => unknown>> = {
    "another account's": (state) => ({ ...state, user: mallory }),
    "another chain's": (state) => ({ ...state, chainId: "1" }),
    "another deployment's": (state) => ({ ...state, accessGrants: mallory }),
    "another version's": (state) => ({ ...state, version: 2 }),
    "another format's": (state) => ({ ...state, format: "keyquorum-grant" }),
    "of another kind": (state) => ({ ...state, otherPermissions: true }),
    "without checkpoints": (state) => ({ ...state, checkpoints: undefined }),
    "with a block that is no number": (state) => ({ ...state, checkpoints: [{ number: "1", hash: ZERO_HASH }] }),
    "with a document that is none": (state) => ({ ...state, documents: [["0x12", 1]] }),
    "with a broken list": (state) => ({ ...state, documents: [5] }),
    nothing: () => null,
  };
  for (const [name, change] of Object.entries(foreign))
    it(`refuses a state that is ${name}`, async () => {
      const index = indexFor(bob);
      await index.refresh();
      const state = change(JSON.parse(JSON.stringify(index)));
      expect(await codeOf(Promise.resolve().then(() => indexFor(bob, { state })))).to.equal("INVALID_VALUE");
    });

  describe("confirmed by the permissions contracts", () => {
    /** Documents by what `decide` says of their versions; those without versions are not published. */
    const answersOf = (known: Readonly<Record<string, { readonly versions: readonly number[]; readonly current?: number }>>) => {
      const hashOf = (document: string, version: number) => `0x${document.slice(2, 4)}${version.toString().padStart(62, "0")}`;
      const found = (document: string) => known[document] ?? { versions: [] };
      let [now, most] = [0, 0];
      const contracts = {
        documentRegistry: {
          documentOf: async (document: string) => ({
            owner: found(document).versions.length > 0 ? alice : address("0"),
            latestVersion: BigInt(found(document).versions.length),
            permissions: address("7"),
            initialPermissions: address("7"),
            keyId: ZERO_HASH,
          }),
          currentVersionOf: async (document: string) => BigInt(found(document).current ?? found(document).versions.length),
          headerHashOf: async (document: string, version: number) => hashOf(document, version),
        },
        accessGrants: { ownerOf: async () => alice },
        shareRequests: {
          decide: async (document: string, headerHash: string) => {
            now += 1;
            most = Math.max(most, now);
            await new Promise((resolve) => setTimeout(resolve, 2));
            now -= 1;
            const { versions } = found(document);
            return versions.length === 0 ? 1n : BigInt(versions[Number(BigInt(`0x${headerHash.slice(4)}`).toString(16)) - 1] ?? 2);
          },
        },
      };
      return { contracts, most: () => most };
    };
    const [DENIED, PERMITTED, WITHDRAWN] = [0, 1, 3];
    const list = async (known: Parameters<typeof answersOf>[0], options: Parameters<typeof confirmCandidates>[2] = {}) => {
      const chain = node.chainWith(answersOf(known).contracts);
      return confirmCandidates(chain, createDocumentIndex(chain, bob), options);
    };

    it("leaves out what is denied now, and names the version to read", async () => {
      node.mine(granted(id("1")), granted(id("2")), granted(id("3")));
      const { documents, next } = await list({ [id("1")]: { versions: [1, 1] }, [id("2")]: { versions: [DENIED] } });
      expect(documents.map(({ document, published: version }) => [document, version?.version])).to.deep.equal([
        [id("1"), 2],
        [id("3"), undefined],
      ]);
      expect(next).to.equal(undefined);
    });

    it("looks past withdrawn versions, beginning with the owner's choice", async () => {
      node.mine(granted(id("1")), granted(id("2")), granted(id("3")));
      const { documents } = await list({
        [id("1")]: { versions: [PERMITTED, WITHDRAWN, WITHDRAWN] },
        [id("2")]: { versions: [PERMITTED, PERMITTED, PERMITTED], current: 2 },
        [id("3")]: { versions: [WITHDRAWN] },
      });
      expect(documents.map(({ document, published: version }) => [document, version?.version])).to.deep.equal([
        [id("1"), 1],
        [id("2"), 2],
      ]);
    });

    it("gives pages that join without a gap, also when newer ones come between", async () => {
      for (const digit of "1234567") node.mine(granted(id(digit)));
      const seen: DocumentId[] = [];
      let after: string | undefined;
      for (let page = 0; page < 10; page++) {
        const { documents, next } = await list(
          { [id("4")]: { versions: [DENIED] } },
          { limit: 2, ...(after === undefined ? {} : { after }) },
        );
        expect(documents.length).to.be.at.most(2);
        seen.push(...documents.map(({ document }) => document));
        if (next === undefined) break;
        after = next;
        node.mine(granted(id("9")));
      }
      expect(seen).to.deep.equal(["7", "6", "5", "3", "2", "1"].map(id));
    });

    it("asks about a few at a time", async () => {
      node.mine(...Array.from({ length: 40 }, (_, index) => granted(`0x${(index + 1).toString(16).padStart(64, "0")}` as DocumentId)));
      const answers = answersOf({});
      const chain = node.chainWith(answers.contracts);
      expect((await confirmCandidates(chain, createDocumentIndex(chain, bob))).documents).to.have.length(40);
      expect(answers.most()).to.be.within(2, 8);
    });

    for (const options of [{ limit: 0 }, { limit: 1.5 }, { after: "somewhere" }])
      it(`refuses ${JSON.stringify(options)}`, async () => {
        expect(await codeOf(list({}, options))).to.equal("INVALID_VALUE");
      });
  });
});
