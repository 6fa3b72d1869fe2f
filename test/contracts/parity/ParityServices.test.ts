import { expect } from "chai";
import { type ContractTransactionResponse, id as hashOf, ZeroAddress } from "ethers";
import { network } from "hardhat";
import { deployKeyServers, FEE, keyOf, MAX_PENDING, OFF_THE_CURVE, point, REQUEST_BLOCKS } from "./serviceFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, mine } = networkHelpers;

const ID = hashOf("a server key");
const OTHER_ID = hashOf("another server key");
const Y = point(7n);
const OTHER_Y = point(8n);
const SHADOW = `0x${"5a".repeat(145)}`;

const generation = async () => {
  const base = await deployKeyServers(ethers);
  return { ...base, service: await ethers.deployContract("ServerKeyGenerationService", [base.terms]) };
};
const retrieval = async () => {
  const base = await deployKeyServers(ethers);
  return { ...base, service: await ethers.deployContract("ServerKeyRetrievalService", [base.terms]) };
};
const store = async () => {
  const base = await deployKeyServers(ethers);
  return { ...base, service: await ethers.deployContract("DocumentKeyStoreService", [base.terms]) };
};
const shadows = async () => {
  const base = await deployKeyServers(ethers);
  return { ...base, service: await ethers.deployContract("DocumentKeyShadowRetrievalService", [base.terms]) };
};

const PAID = { value: FEE };
const publicKeyOf = ({ signingKey }: { readonly signingKey: { readonly publicKey: string } }): string =>
  `0x${signingKey.publicKey.slice(4)}`;

type Generation = Awaited<ReturnType<typeof generation>>;
type Retrieval = Awaited<ReturnType<typeof retrieval>>;
type Store = Awaited<ReturnType<typeof store>>;
type Shadows = Awaited<ReturnType<typeof shadows>>;
type Sent = Promise<ContractTransactionResponse>;

const askKey = ({ service, alice }: Generation, threshold = 1n, id = ID): Sent =>
  service.connect(alice).generateServerKey(id, threshold, PAID);
const askShown = ({ service, alice }: Retrieval, id = ID): Sent => service.connect(alice).retrieveServerKey(id, PAID);
const askStored = ({ service, alice }: Store, id = ID): Sent => service.connect(alice).storeDocumentKey(id, point(2n), point(3n), PAID);
const askRead = ({ service, alice }: Shadows, id = ID): Sent =>
  service.connect(alice).retrieveDocumentKeyShadow(id, publicKeyOf(alice), PAID);
/** One after the other: gas is estimated on what the one before left. */
const say = async (acts: readonly (() => Sent)[]): Promise<void> => {
  for (const act of acts) await act();
};

/** Selectors and topics as section 5 of the specification has them. */
const SPECIFIED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ServerKeyGenerationService: {
    ...{ requireKeyServer: "2b4f030a", keyServersCount: "5aa8404c", drain: "9890220b" },
    ...{ generateServerKey: "b8020be5", serverKeyGenerated: "ebbcc2e1", serverKeyGenerationError: "3fbd7ecd" },
    ...{ serverKeyGenerationRequestsCount: "195a40f2", getServerKeyGenerationRequest: "64124c86" },
    isServerKeyGenerationResponseRequired: "ec6b0360",
    ServerKeyGenerationRequested: "7e7d18cca7d509b32b27d10d4c0f1dfed4d779294388818f23941d13450dacb1",
    ServerKeyGenerated: "20da9149b09a59e39dbfed5cfa1e68c9d9984736b0f73a0b1d9f7a063f093fc5",
    ServerKeyGenerationError: "c79a8674b4a757f1b4372e9f51be17ee6d43b631ca0a97b477580f18fc76e1b8",
  },
  ServerKeyRetrievalService: {
    ...{ retrieveServerKey: "ffaff0f7", serverKeyRetrieved: "a45362f6", serverKeyRetrievalError: "15eb5309" },
    ...{ serverKeyRetrievalRequestsCount: "1b544bb0", getServerKeyRetrievalRequest: "50f6a134" },
    isServerKeyRetrievalResponseRequired: "3b68c427",
    ServerKeyRetrievalRequested: "abca19cd1a35cd8001bfc77e38ae9f56a162e022292a67e1152f1512776d6808",
    "ServerKeyRetrieved(bytes32,bytes)": "bc454e03c5f94d0bd23c53b4fed1f5af23e7cd378eac46203f25d406c4a92118",
    "ServerKeyRetrieved(bytes32,bytes,uint256)": "7fda367b609375fbe085c0b38a25c17fcad82909389396509730142980587daf",
    ServerKeyRetrievalError: "d771fa1d962d6d67f55ba82bcac8601cf0bd33cc5680a029b58faa3d2d3d260d",
  },
  DocumentKeyStoreService: {
    ...{ storeDocumentKey: "0fe7db4a", documentKeyStored: "8a9a9a0f", documentKeyStoreError: "87f76b1a" },
    ...{ documentKeyStoreRequestsCount: "663c87cd", getDocumentKeyStoreRequest: "fb2f439b" },
    isDocumentKeyStoreResponseRequired: "8ba9e398",
    DocumentKeyStoreRequested: "adc87e5ceadda3a573403a1ad2d7e815d4482b89ea2034e49d188de6843ee43d",
    DocumentKeyStored: "f97081917a769be6d07eefdd63666c32b011f9dba0bb0eed6cf1b9c9b987461c",
    DocumentKeyStoreError: "1accba7cc95d8cf1f4f927b53957972a0d92aa6f96636f1fd988dad93d263e97",
  },
  DocumentKeyShadowRetrievalService: {
    ...{ retrieveDocumentKeyShadow: "153f333b", documentKeyCommonRetrieved: "7b97eecc", documentKeyPersonalRetrieved: "b9b36c42" },
    ...{ documentKeyShadowRetrievalError: "e2f1d4f9", documentKeyShadowRetrievalRequestsCount: "e3c20cf2" },
    ...{ getDocumentKeyShadowRetrievalRequest: "f3d33171", isDocumentKeyShadowRetrievalResponseRequired: "77dc782b" },
    DocumentKeyCommonRetrievalRequested: "cce4f642c73cab3eae4e6ef3d59cc746b5e7d035447b1c226b5aafb4c0915709",
    DocumentKeyPersonalRetrievalRequested: "1b73b7e683137318af868187d364e5f3d25de1c54913fb552bfbca47d44f3321",
    DocumentKeyCommonRetrieved: "72e320c3dc51ffa2396051490d47becef092ea73f671957a2dafda7e567aff51",
    DocumentKeyPersonalRetrieved: "04ad358f86bfdff4535760571ca0e7940d88e47306f2df3fc9ed9247039ecda7",
    DocumentKeyShadowRetrievalError: "0fdd54511745997b3c6f05f62e17c608b6d402b5d02dfa60009997c1ae89edc2",
  },
};

describe("Parity's services: selectors and topics", () => {
  for (const [name, wanted] of Object.entries(SPECIFIED))
    it(`${name} has those of the specification`, async () => {
      const { interface: abi } = await ethers.getContractFactory(name);
      for (const [what, hash] of Object.entries(wanted)) {
        const found = hash.length === 8 ? abi.getFunction(what)?.selector : abi.getEvent(what)?.topicHash;
        expect(found, what).to.equal(`0x${hash}`);
      }
    });
});

describe("Parity's services: a request", () => {
  const ask = [
    ["generation", generation, askKey],
    ["retrieval", retrieval, askShown],
    ["store", store, askStored],
    ["shadows", shadows, askRead],
  ] as const;
  for (const [name, deployed, asked] of ask) {
    const askOf = asked as (base: Awaited<ReturnType<typeof deployed>>, ...rest: readonly unknown[]) => Sent;
    it(`when the same one waits, or too many do, it reverts: ${name}`, async () => {
      const base = await loadFixture(deployed as typeof generation);
      const askAgain = (id: string): Sent => (name === "generation" ? askKey(base, 1n, id) : askOf(base as never, id));
      await askAgain(ID);
      const key = name === "shadows" ? keyOf(ID, base.alice.address) : ID;
      await expect(askAgain(ID)).to.be.revertedWithCustomError(base.service, "ParityServicePending").withArgs(key);
      for (let i = 1n; i < MAX_PENDING; i += 1n) await askAgain(hashOf(String(i)));
      await expect(askAgain(OTHER_ID)).to.be.revertedWithCustomError(base.service, "ParityServiceFull").withArgs(MAX_PENDING);
    });

    it(`when there are no key servers, it reverts: ${name}`, async () => {
      const base = await loadFixture(deployed as typeof generation);
      await base.set.set([]);
      await expect(askOf(base as never)).to.be.revertedWithCustomError(
        base.service,
        name === "generation" ? "ParityServiceBadThreshold" : "ParityServiceNoKeyServers",
      );
    });
  }

  it("when the fee is another one, it reverts with ParityServiceWrongFee", async () => {
    const { service } = await loadFixture(retrieval);
    for (const value of [0n, FEE - 1n, FEE + 1n])
      await expect(service.retrieveServerKey(ID, { value }))
        .to.be.revertedWithCustomError(service, "ParityServiceWrongFee")
        .withArgs(value, FEE);
  });

  it("when the threshold needs more key servers than there are, 255 included, it reverts", async () => {
    const base = await loadFixture(generation);
    for (const threshold of [5n, 254n, 255n])
      await expect(askKey(base, threshold)).to.be.revertedWithCustomError(base.service, "ParityServiceBadThreshold").withArgs(threshold, 5);
    await askKey(base, 4n);
  });

  it("when a point is none, or the key is another account's, it reverts", async () => {
    const stored = await loadFixture(store);
    for (const [common, encrypted] of [
      [OFF_THE_CURVE, point(3n)],
      [point(2n), OFF_THE_CURVE],
    ] as const)
      await expect(stored.service.storeDocumentKey(ID, common, encrypted, PAID)).to.be.revertedWithCustomError(
        stored.service,
        "InvalidPoint",
      );
    await expect(stored.service.storeDocumentKey(ID, `${point(2n)}00`, point(3n), PAID))
      .to.be.revertedWithCustomError(stored.service, "ParityServiceBadPoint")
      .withArgs(65);
    const read = await loadFixture(shadows);
    await expect(read.service.connect(read.mallory).retrieveDocumentKeyShadow(ID, publicKeyOf(read.alice), PAID))
      .to.be.revertedWithCustomError(read.service, "ParityServiceForeignKey")
      .withArgs(read.alice.address);
  });

  it("when all is well, it is listed, announced and paid to the key servers, and drain pays each once", async () => {
    const base = await loadFixture(generation);
    const { service, alice, servers, at } = base;
    await expect(askKey(base)).to.emit(service, "ServerKeyGenerationRequested").withArgs(ID, alice.address, 1);
    await askKey(base, 2n, OTHER_ID);
    expect(await service.serverKeyGenerationRequestsCount()).to.equal(2);
    expect([...(await service.getServerKeyGenerationRequest(1))]).to.deep.equal([OTHER_ID, alice.address, 2n]);
    const [first, last] = [at(0), at(4)] as const;
    expect(await service.balanceOf(first)).to.equal(2n * (FEE / 5n));
    expect(await service.balanceOf(last)).to.equal(2n * (FEE - 4n * (FEE / 5n)));
    await expect(service.connect(first).drain()).to.changeEtherBalance(ethers, first, 2n * (FEE / 5n));
    await expect(service.connect(first).drain()).to.be.revertedWithCustomError(service, "NothingToWithdraw");
    for (const one of servers.slice(1)) await service.connect(one).drain();
    expect(await ethers.provider.getBalance(service)).to.equal(0);
  });

  it("the other three are listed and announced, too", async () => {
    const shown = await loadFixture(retrieval);
    await expect(askShown(shown)).to.emit(shown.service, "ServerKeyRetrievalRequested").withArgs(ID);
    expect([await shown.service.serverKeyRetrievalRequestsCount(), await shown.service.getServerKeyRetrievalRequest(0)]).to.deep.equal([
      1n,
      ID,
    ]);
    const stored = await loadFixture(store);
    const { address } = stored.alice;
    await expect(askStored(stored)).to.emit(stored.service, "DocumentKeyStoreRequested").withArgs(ID, address, point(2n), point(3n));
    expect([...(await stored.service.getDocumentKeyStoreRequest(0))]).to.deep.equal([ID, address, point(2n), point(3n)]);
    expect(await stored.service.documentKeyStoreRequestsCount()).to.equal(1);
    const read = await loadFixture(shadows);
    await expect(askRead(read)).to.emit(read.service, "DocumentKeyCommonRetrievalRequested").withArgs(ID, read.alice.address);
    expect([...(await read.service.getDocumentKeyShadowRetrievalRequest(0))]).to.deep.equal([ID, publicKeyOf(read.alice), false]);
    expect(await read.service.documentKeyShadowRetrievalRequestsCount()).to.equal(1);
  });
});

describe("Parity's services: generation", () => {
  const saidBy = ({ service, at }: Generation, who: number, key = Y): Sent => service.connect(at(who)).serverKeyGenerated(ID, key);

  it("when a stranger answers, or nothing was asked, or one answers twice, it reverts", async () => {
    const base = await loadFixture(generation);
    await expect(saidBy(base, 0)).to.be.revertedWithCustomError(base.service, "ParityServiceNotPending").withArgs(ID);
    await askKey(base);
    const { service, mallory, set, at } = base;
    for (const sent of [service.connect(mallory).serverKeyGenerated(ID, Y), service.connect(mallory).serverKeyGenerationError(ID)])
      await expect(sent).to.be.revertedWithCustomError(set, "Stranger");
    await saidBy(base, 0);
    await expect(saidBy(base, 0)).to.be.revertedWithCustomError(service, "ParityServiceAnswered").withArgs(ID, at(0).address);
    await expect(saidBy(base, 1, OFF_THE_CURVE)).to.be.revertedWithCustomError(service, "InvalidPoint");
  });

  it("when all say the same, and not before, it is the key", async () => {
    const base = await loadFixture(generation);
    const { service, at } = base;
    await askKey(base);
    for (const who of [0, 1, 2, 3]) {
      expect(await service.isServerKeyGenerationResponseRequired(ID, at(who))).to.equal(true);
      await expect(saidBy(base, who)).not.to.emit(service, "ServerKeyGenerated");
      expect(await service.isServerKeyGenerationResponseRequired(ID, at(who))).to.equal(false);
    }
    await expect(saidBy(base, 4)).to.emit(service, "ServerKeyGenerated").withArgs(ID, Y);
    expect(await service.serverKeyGenerationRequestsCount()).to.equal(0);
    expect(await service.isServerKeyGenerationResponseRequired(ID, at(4))).to.equal(false);
  });

  it("when two say different keys, or one that there is none, it is the error", async () => {
    const base = await loadFixture(generation);
    await askKey(base);
    await saidBy(base, 0);
    await expect(saidBy(base, 1, OTHER_Y))
      .to.emit(base.service, "ServerKeyGenerationError")
      .withArgs(ID);
    await askKey(base);
    await expect(base.service.connect(base.at(3)).serverKeyGenerationError(ID))
      .to.emit(base.service, "ServerKeyGenerationError")
      .withArgs(ID);
    await expect(saidBy(base, 2)).to.be.revertedWithCustomError(base.service, "ParityServiceNotPending");
  });

  it("when the set changes, what was answered counts no more, and all may answer again", async () => {
    const base = await loadFixture(generation);
    const { service, set, servers, at, spare } = base;
    await askKey(base);
    await say([0, 1, 2].map((who) => () => saidBy(base, who, OTHER_Y)));
    await set.set([...servers.slice(0, 2), spare]);
    expect(await service.isServerKeyGenerationResponseRequired(ID, at(0))).to.equal(true);
    expect(await service.isServerKeyGenerationResponseRequired(ID, at(2))).to.equal(false);
    await say([0, 1].map((who) => () => saidBy(base, who)));
    await expect(service.connect(spare).serverKeyGenerated(ID, Y)).to.emit(service, "ServerKeyGenerated").withArgs(ID, Y);
  });

  it("when a request is made again, no vote of the first counts", async () => {
    const base = await loadFixture(generation);
    await askKey(base);
    await say([0, 1, 2, 3].map((who) => () => saidBy(base, who)));
    await base.service.connect(base.at(4)).serverKeyGenerationError(ID);
    await askKey(base);
    await expect(saidBy(base, 4)).not.to.emit(base.service, "ServerKeyGenerated");
    expect(await base.service.serverKeyGenerationRequestsCount()).to.equal(1);
  });

  it("when it is not answered in its time, anybody ends it; the others stay in the list", async () => {
    const base = await loadFixture(generation);
    const { service, mallory, alice } = base;
    await askKey(base);
    await askKey(base, 1n, OTHER_ID);
    const until = BigInt(await ethers.provider.getBlockNumber()) - 1n + REQUEST_BLOCKS;
    await expect(service.connect(mallory).endExpired(ID))
      .to.be.revertedWithCustomError(service, "ParityServiceNotExpired")
      .withArgs(ID, until);
    await mine(Number(until - BigInt(await ethers.provider.getBlockNumber())) - 1);
    await expect(service.endExpired(ID), "in the last block of its time").to.be.revertedWithCustomError(service, "ParityServiceNotExpired");
    await mine(1);
    await expect(service.connect(mallory).endExpired(ID)).to.emit(service, "ServerKeyGenerationError").withArgs(ID);
    expect([...(await service.getServerKeyGenerationRequest(0))]).to.deep.equal([OTHER_ID, alice.address, 1n]);
    await expect(service.endExpired(ID)).to.be.revertedWithCustomError(service, "ParityServiceNotPending");
  });
});

describe("Parity's services: retrieval of a server key", () => {
  const saidBy = ({ service, at }: Retrieval, who: number, key = Y, threshold = 1n): Sent =>
    service.connect(at(who)).serverKeyRetrieved(ID, key, threshold);
  const refusedBy = ({ service, at }: Retrieval, who: number): Sent => service.connect(at(who)).serverKeyRetrievalError(ID);

  it("when more than half say the same, both forms of ServerKeyRetrieved have it", async () => {
    const base = await loadFixture(retrieval);
    const { service, at } = base;
    await askShown(base);
    await say([() => saidBy(base, 0), () => saidBy(base, 1, OTHER_Y), () => saidBy(base, 2)]);
    expect(await service.isServerKeyRetrievalResponseRequired(ID, at(2))).to.equal(false);
    expect(await service.isServerKeyRetrievalResponseRequired(ID, at(3))).to.equal(true);
    const last = saidBy(base, 3);
    await expect(last).to.emit(service, "ServerKeyRetrieved(bytes32,bytes)").withArgs(ID, Y);
    await expect(last).to.emit(service, "ServerKeyRetrieved(bytes32,bytes,uint256)").withArgs(ID, Y, 1);
  });

  it("when the threshold is high, threshold + 1 must say it, and where they cannot, it is the error", async () => {
    const base = await loadFixture(retrieval);
    await askShown(base);
    await say([0, 1, 2, 3].map((who) => () => saidBy(base, who, Y, 4n)));
    await expect(saidBy(base, 4, Y, 4n))
      .to.emit(base.service, "ServerKeyRetrieved(bytes32,bytes,uint256)")
      .withArgs(ID, Y, 4);
    await askShown(base);
    await say([0, 1, 2, 3].map((who) => () => saidBy(base, who, Y, 255n)));
    await expect(saidBy(base, 4, Y, 255n))
      .to.emit(base.service, "ServerKeyRetrievalError")
      .withArgs(ID);
  });

  it("when they say different things, or more than half that there is none, it is the error", async () => {
    const base = await loadFixture(retrieval);
    await askShown(base);
    await say([() => saidBy(base, 0), () => saidBy(base, 1, Y, 2n), () => saidBy(base, 2, OTHER_Y)]);
    await expect(saidBy(base, 3, OTHER_Y, 2n))
      .to.emit(base.service, "ServerKeyRetrievalError")
      .withArgs(ID);
    await askShown(base);
    await say([() => refusedBy(base, 0), () => saidBy(base, 1), () => refusedBy(base, 2)]);
    await expect(refusedBy(base, 3)).to.emit(base.service, "ServerKeyRetrievalError").withArgs(ID);
    await askShown(base);
    await say([() => refusedBy(base, 0), () => saidBy(base, 1), () => saidBy(base, 2)]);
    await expect(refusedBy(base, 3)).not.to.emit(base.service, "ServerKeyRetrievalError");
    await expect(saidBy(base, 4)).to.emit(base.service, "ServerKeyRetrieved(bytes32,bytes)");
  });
});

describe("Parity's services: storing a document key", () => {
  const saidBy = ({ service, at }: Store, who: number): Sent => service.connect(at(who)).documentKeyStored(ID);
  const refusedBy = ({ service, at }: Store, who: number): Sent => service.connect(at(who)).documentKeyStoreError(ID);

  it("when more than half say so, it is stored, whatever fewer say; and the other way round", async () => {
    const base = await loadFixture(store);
    const { service, at, mallory, set } = base;
    await askStored(base);
    await expect(service.connect(mallory).documentKeyStored(ID)).to.be.revertedWithCustomError(set, "Stranger");
    await say([() => refusedBy(base, 0), () => refusedBy(base, 1), () => saidBy(base, 2), () => saidBy(base, 3)]);
    expect(await service.isDocumentKeyStoreResponseRequired(ID, at(3))).to.equal(false);
    await expect(saidBy(base, 4)).to.emit(service, "DocumentKeyStored").withArgs(ID);
    await askStored(base);
    await say([() => saidBy(base, 0), () => refusedBy(base, 1), () => refusedBy(base, 2)]);
    await expect(refusedBy(base, 3)).to.emit(service, "DocumentKeyStoreError").withArgs(ID);
  });
});

describe("Parity's services: shadows of a document key", () => {
  const C = point(2n);
  const D = point(4n);
  const commonBy = ({ service, at, alice }: Shadows, who: number, common = C, threshold = 1n): Sent =>
    service.connect(at(who)).documentKeyCommonRetrieved(ID, alice.address, common, threshold);
  const partBy = ({ service, at, alice }: Shadows, who: number, participants: bigint, secret = D): Sent =>
    service.connect(at(who)).documentKeyPersonalRetrieved(ID, alice.address, participants, secret, SHADOW);
  const refusedBy = ({ service, at, alice }: Shadows, who: number): Sent =>
    service.connect(at(who)).documentKeyShadowRetrievalError(ID, alice.address);
  /** The second phase, with threshold 1. */
  const inSecondPhase = async () => {
    const base = await shadows();
    await askRead(base);
    await say([0, 1, 2].map((who) => () => commonBy(base, who)));
    return base;
  };

  it("when more than half say the same common point, it is shown, and the shadows are asked for", async () => {
    const base = await loadFixture(shadows);
    const { service, alice, at } = base;
    await askRead(base);
    const key = keyOf(ID, alice.address);
    await expect(partBy(base, 0, 3n))
      .to.be.revertedWithCustomError(service, "ParityServiceWrongPhase")
      .withArgs(key);
    await say([() => commonBy(base, 0), () => commonBy(base, 1, C, 2n), () => commonBy(base, 2)]);
    const last = commonBy(base, 3);
    await expect(last).to.emit(service, "DocumentKeyCommonRetrieved").withArgs(ID, alice.address, C, 1);
    await expect(last).to.emit(service, "DocumentKeyPersonalRetrievalRequested").withArgs(ID, publicKeyOf(alice));
    expect([...(await service.getDocumentKeyShadowRetrievalRequest(0))]).to.deep.equal([ID, publicKeyOf(alice), true]);
    await expect(commonBy(base, 4)).to.be.revertedWithCustomError(service, "ParityServiceWrongPhase").withArgs(key);
    expect(await service.isDocumentKeyShadowRetrievalResponseRequired(ID, alice, at(0))).to.equal(true);
    expect(await service.isDocumentKeyShadowRetrievalResponseRequired(ID, at(0), alice)).to.equal(false);
  });

  it("when participants are too few, too many, no key servers, or without the caller, it reverts", async () => {
    const base = await loadFixture(inSecondPhase);
    for (const participants of [0b00001n, 0b00111n, 0b100001n, 0b00110n, 0n])
      await expect(partBy(base, 0, participants))
        .to.be.revertedWithCustomError(base.service, "ParityServiceBadParticipants")
        .withArgs(participants, 2);
    await expect(partBy(base, 0, 0b11n, OFF_THE_CURVE)).to.be.revertedWithCustomError(base.service, "InvalidPoint");
  });

  it("when each participant of one set has posted, it ends; as many of two sets do not end it", async () => {
    const base = await loadFixture(inSecondPhase);
    const { service, alice } = base;
    await expect(partBy(base, 0, 0b11n))
      .to.emit(service, "DocumentKeyPersonalRetrieved")
      .withArgs(ID, alice.address, D, SHADOW);
    await expect(partBy(base, 0, 0b11n)).to.be.revertedWithCustomError(service, "ParityServiceAnswered");
    await say([() => partBy(base, 1, 0b11n, point(5n)), () => partBy(base, 1, 0b110n), () => partBy(base, 3, 0b11000n)]);
    expect(await service.documentKeyShadowRetrievalRequestsCount()).to.equal(1);
    await partBy(base, 1, 0b11n);
    expect(await service.documentKeyShadowRetrievalRequestsCount()).to.equal(0);
    await expect(partBy(base, 2, 0b110n)).to.be.revertedWithCustomError(service, "ParityServiceNotPending");
  });

  it("when one key server posts for five sets, it reverts, and the others are heard", async () => {
    const base = await loadFixture(inSecondPhase);
    for (const number of [5n, 6n, 7n, 8n]) await partBy(base, 0, 0b11n, point(number));
    await expect(partBy(base, 0, 0b11n)).to.be.revertedWithCustomError(base.service, "ParityServiceAnswered");
    await say([() => partBy(base, 1, 0b110n), () => partBy(base, 2, 0b110n)]);
    expect(await base.service.documentKeyShadowRetrievalRequestsCount()).to.equal(0);
  });

  it("when more than half refuse, it is the error, in either phase", async () => {
    const first = await loadFixture(shadows);
    await askRead(first);
    await say([() => refusedBy(first, 0), () => refusedBy(first, 1), () => commonBy(first, 2)]);
    const { service, alice, mallory, set } = first;
    await expect(service.connect(mallory).documentKeyShadowRetrievalError(ID, alice)).to.be.revertedWithCustomError(set, "Stranger");
    await expect(refusedBy(first, 3)).to.emit(service, "DocumentKeyShadowRetrievalError").withArgs(ID, alice.address);
    const second = await loadFixture(inSecondPhase);
    await say([() => partBy(second, 0, 0b11n), () => refusedBy(second, 2), () => refusedBy(second, 3)]);
    await expect(refusedBy(second, 4)).to.emit(second.service, "DocumentKeyShadowRetrievalError").withArgs(ID, second.alice.address);
  });

  it("when the set changes in the second phase, parts posted before count no more", async () => {
    const base = await loadFixture(inSecondPhase);
    const { set, servers, spare, service } = base;
    await partBy(base, 0, 0b11n);
    await set.set([...servers.slice(0, 3), spare]);
    await partBy(base, 1, 0b11n);
    expect(await service.documentKeyShadowRetrievalRequestsCount()).to.equal(1);
    await partBy(base, 0, 0b11n);
    expect(await service.documentKeyShadowRetrievalRequestsCount()).to.equal(0);
  });
});

describe("Parity's services: governance", () => {
  it("when another one calls, it reverts", async () => {
    const { service, mallory } = await loadFixture(retrieval);
    for (const sent of [
      service.connect(mallory).setFee(1),
      service.connect(mallory).setMaxPending(1),
      service.connect(mallory).deleteRequest(ID),
    ])
      await expect(sent).to.be.revertedWithCustomError(service, "AccessManagedUnauthorized").withArgs(mallory.address);
  });

  it("it sets fee and limit, and ends a request, whose fee stays paid", async () => {
    const base = await loadFixture(retrieval);
    const { service, alice, council } = base;
    await askShown(base);
    await expect(service.connect(council).setFee(5)).to.emit(service, "FeeSet").withArgs(5);
    await expect(service.connect(council).setMaxPending(1)).to.emit(service, "MaxPendingSet").withArgs(1);
    await expect(service.connect(alice).retrieveServerKey(OTHER_ID, { value: 5 })).to.be.revertedWithCustomError(
      service,
      "ParityServiceFull",
    );
    await expect(service.connect(council).deleteRequest(ID)).to.emit(service, "ServerKeyRetrievalError").withArgs(ID);
    expect(await ethers.provider.getBalance(service)).to.equal(FEE);
    await service.connect(alice).retrieveServerKey(OTHER_ID, { value: 5 });
    expect([await service.fee(), await service.maxPending(), await service.requestBlocks()]).to.deep.equal([5n, 1n, REQUEST_BLOCKS]);
    expect(await service.requireKeyServer(base.at(3))).to.equal(3);
    expect(await service.keyServersCount()).to.equal(5);
    await expect(service.requireKeyServer(ZeroAddress)).to.be.revertedWithCustomError(base.set, "Stranger");
  });
});
