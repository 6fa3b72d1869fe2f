import { parseAddress, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { type BaseContract, type ContractTransactionResponse, getBytes, id as hashOf } from "ethers";
import { network } from "hardhat";
import { readAbi } from "../../../packages/parity/src/services/abi.ts";
import {
  commonCall,
  generatedCall,
  indexCall,
  personalCall,
  refusalCall,
  requiredCall,
  retrievedCall,
  storedCall,
} from "../../../packages/parity/src/services/serviceCalls.ts";
import {
  parseRequestLog,
  type RequestOf,
  type ServiceRequest,
  type ServiceTaskKind,
} from "../../../packages/parity/src/services/serviceRequest.ts";
import { deployKeyServers, FEE, point } from "./serviceFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const ID = hashOf("a server key");
const Y = point(7n);
const SHADOW = `0x${"5a".repeat(145)}`;
const PAID = { value: FEE };

const deployed = async () => {
  const base = await deployKeyServers(ethers);
  const [generation, retrieval, store, shadows] = [
    await ethers.deployContract("ServerKeyGenerationService", [base.terms]),
    await ethers.deployContract("ServerKeyRetrievalService", [base.terms]),
    await ethers.deployContract("DocumentKeyStoreService", [base.terms]),
    await ethers.deployContract("DocumentKeyShadowRetrievalService", [base.terms]),
  ];
  return { ...base, generation, retrieval, store, shadows };
};

/** What keepers read of a transaction's log. */
const askedBy = async <Kind extends ServiceTaskKind>(sent: Promise<ContractTransactionResponse>, kind: Kind): Promise<RequestOf<Kind>> => {
  const receipt = await (await sent).wait();
  const read = (receipt?.logs ?? []).flatMap((log) => parseRequestLog({ ...log, topics: log.topics, logIndex: log.index }) ?? []);
  const found = read.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} was read`);
  return found as RequestOf<Kind>; // true: of that kind
};

describe("what keepers read of Parity's services, and what they call", () => {
  /** Everyone of these key servers sends the same. */
  const say = async (base: Awaited<ReturnType<typeof deployed>>, to: BaseContract, data: string, places: readonly number[]) => {
    let last = Promise.resolve<unknown>(undefined);
    for (const place of places) {
      await last;
      last = base.at(place).sendTransaction({ to, data });
    }
    return last as Promise<ContractTransactionResponse>; // true: there is one place at least
  };
  const isRequired = async (request: ServiceRequest, account: string): Promise<bigint> =>
    readAbi(await ethers.provider.call({ to: request.contract, data: requiredCall(request, parseAddress(account)) })).integer(0, 2n);

  it("generation and retrieval", async () => {
    const base = await loadFixture(deployed);
    const { generation, retrieval, alice, at } = base;
    const asked = await askedBy(generation.connect(alice).generateServerKey(ID, 1, PAID), "generation");
    expect(asked).to.deep.include({ serverKeyId: parseHash32(ID), author: parseAddress(alice.address), threshold: 1 });
    expect(asked.contract).to.equal((await generation.getAddress()).toLowerCase());
    expect([await isRequired(asked, at(2).address), await isRequired(asked, alice.address)]).to.deep.equal([1n, 0n]);
    expect(
      readAbi(await ethers.provider.call({ to: asked.contract, data: indexCall(parseAddress(at(3).address)) })).integer(0, 256n),
    ).to.equal(3n);
    await expect(say(base, generation, generatedCall(asked, getBytes(Y)), [0, 1, 2, 3, 4]))
      .to.emit(generation, "ServerKeyGenerated")
      .withArgs(ID, Y);
    expect(await isRequired(asked, at(2).address)).to.equal(0n);
    const again = await askedBy(generation.connect(alice).generateServerKey(ID, 1, PAID), "generation");
    await expect(say(base, generation, refusalCall(again), [2]))
      .to.emit(generation, "ServerKeyGenerationError")
      .withArgs(ID);

    const wanted = await askedBy(retrieval.connect(alice).retrieveServerKey(ID, PAID), "retrieval");
    await expect(say(base, retrieval, retrievedCall(wanted, getBytes(Y), 1), [0, 1, 2]))
      .to.emit(retrieval, "ServerKeyRetrieved(bytes32,bytes,uint256)")
      .withArgs(ID, Y, 1);
    const wantedAgain = await askedBy(retrieval.connect(alice).retrieveServerKey(ID, PAID), "retrieval");
    await expect(say(base, retrieval, refusalCall(wantedAgain), [0, 1, 2]))
      .to.emit(retrieval, "ServerKeyRetrievalError")
      .withArgs(ID);
  });

  it("storing", async () => {
    const base = await loadFixture(deployed);
    const { store, alice } = base;
    const ask = () => askedBy(store.connect(alice).storeDocumentKey(ID, point(2n), point(3n), PAID), "storing");
    const asked = await ask();
    expect(asked).to.deep.include({ author: parseAddress(alice.address), commonPoint: point(2n), encryptedPoint: point(3n) });
    await expect(say(base, store, storedCall(asked), [0, 1, 2]))
      .to.emit(store, "DocumentKeyStored")
      .withArgs(ID);
    await expect(say(base, store, refusalCall(await ask()), [0, 1, 2]))
      .to.emit(store, "DocumentKeyStoreError")
      .withArgs(ID);
  });

  it("both phases of a reading", async () => {
    const base = await loadFixture(deployed);
    const { shadows, alice, at } = base;
    const key = `0x${alice.signingKey.publicKey.slice(4)}`;
    const requester = parseAddress(alice.address);
    const ask = () => askedBy(shadows.connect(alice).retrieveDocumentKeyShadow(ID, key, PAID), "common");
    const asked = await ask();
    expect(asked).to.deep.include({ serverKeyId: parseHash32(ID), requester });
    expect([await isRequired(asked, at(2).address), await isRequired(asked, alice.address)]).to.deep.equal([1n, 0n]);
    const common = say(base, shadows, commonCall(asked, getBytes(point(2n)), 1), [0, 1, 2]);
    const personal = await askedBy(common, "personal");
    expect(personal).to.deep.include({ serverKeyId: parseHash32(ID), requester, requesterPublic: key });
    expect(await isRequired(personal, at(4).address)).to.equal(1n);
    const part = { participants: 0b10100n, decryptedSecret: getBytes(point(4n)), shadow: getBytes(SHADOW) };
    await expect(say(base, shadows, personalCall(personal, part), [2, 4]))
      .to.emit(shadows, "DocumentKeyPersonalRetrieved")
      .withArgs(ID, alice.address, point(4n), SHADOW);
    expect(await isRequired(personal, at(3).address), "it is closed").to.equal(0n);
    await expect(say(base, shadows, refusalCall(await ask()), [0, 1, 2]))
      .to.emit(shadows, "DocumentKeyShadowRetrievalError")
      .withArgs(ID, alice.address);
  });
});
