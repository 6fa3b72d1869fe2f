import { expect } from "chai";
import { CONTRACT_NAMES, forEachContract, interfaceOf } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { type ContractEvent, type EmitterName, emittersOf, eventTopic, parseContractLog, parseContractLogOf } from "./events.ts";

const address = (digit: string): `0x${string}` => `0x${digit.repeat(40)}`;
const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const deployment: Deployment = {
  chainId: 1n,
  genesisHash: `0x${"0".repeat(64)}`,
  block: 0,
  blockHash: `0x${"0".repeat(64)}`,
  contracts: forEachContract((name) => address((CONTRACT_NAMES.indexOf(name) + 1).toString(16))),
};
const bob = address("e");
const point = (x: bigint): { x: bigint; y: bigint } => ({ x, y: x + 1n });
const share = { k: point(1n), v: point(3n), c: 5n, zs: 6n, zk: 7n };

const requested = () => ({
  address: deployment.contracts.shareRequests,
  ...interfaceOf("shareRequests").encodeEventLog("SharesRequested", [
    hash("a"),
    hash("d"),
    bob,
    9n,
    hash("e"),
    2n,
    hash("f"),
    point(11n),
    hash("0"),
    1000n,
  ]),
});

describe("events", () => {
  it("reads a log as plain data with names", () => {
    expect(parseContractLog(deployment, requested())).to.deep.equal({
      contract: "shareRequests",
      name: "SharesRequested",
      args: {
        requestId: hash("a"),
        document: hash("d"),
        requester: bob,
        number: 9n,
        keyId: hash("e"),
        epoch: 2n,
        headerHash: hash("f"),
        readerKey: point(11n),
        contextHash: hash("0"),
        deadline: 1000n,
      },
    });
  });

  it("reads nested structs, and one kind of event with its type", () => {
    const log = {
      address: deployment.contracts.shareRequests,
      ...interfaceOf("shareRequests").encodeEventLog("ShareAnswered", [hash("a"), 3n, point(8n), share]),
    };
    const event = parseContractLogOf(deployment, log, "ShareAnswered");
    expect(event?.args.share.k.y).to.equal(2n);
    expect(event?.args).to.deep.equal({ requestId: hash("a"), slot: 3n, verifyingShare: point(8n), share });
    expect(parseContractLogOf(deployment, log, "Dealt")).to.equal(undefined);
  });

  it("tells apart the two contracts that have the same event: by the address, never by the name", () => {
    const asked = { ...requested(), address: deployment.contracts.optimisticRequests };
    expect(parseContractLogOf(deployment, asked, "SharesRequested")?.contract).to.equal("optimisticRequests");
    expect(parseContractLogOf(deployment, asked, "SharesRequested", "optimisticRequests")?.args.number).to.equal(9n);
    expect(parseContractLogOf(deployment, asked, "SharesRequested", "shareRequests")).to.equal(undefined);
    expect(parseContractLogOf(deployment, requested(), "SharesRequested", "shareRequests")?.contract).to.equal("shareRequests");
    expect(parseContractLogOf(deployment, requested(), "SharesRequested", "optimisticRequests")).to.equal(undefined);
    expect(emittersOf("SharesRequested")).to.deep.equal(["shareRequests", "optimisticRequests"]);
    expect(emittersOf("SessionsEnded")).to.deep.equal(["readerSessions"]);
  });

  it("takes the address in any case", () => {
    const log = { ...requested(), address: deployment.contracts.shareRequests.toUpperCase().replace("0X", "0x") };
    expect(parseContractLog(deployment, log)?.name).to.equal("SharesRequested");
  });

  it("ignores foreign contracts, foreign events, another contract's events, cut data and the access manager", () => {
    const log = requested();
    expect(parseContractLog(deployment, { ...log, address: address("f") })).to.equal(undefined);
    expect(parseContractLog(deployment, { ...log, topics: [hash("9"), ...log.topics.slice(1)] })).to.equal(undefined);
    expect(parseContractLog(deployment, { ...log, address: deployment.contracts.keyGeneration })).to.equal(undefined);
    expect(parseContractLog(deployment, { ...log, data: log.data.slice(0, -64) })).to.equal(undefined);
    expect(parseContractLog(deployment, { ...log, topics: [] })).to.equal(undefined);
    expect(parseContractLog(deployment, { ...log, address: deployment.contracts.accessManager })).to.equal(undefined);
  });

  it("knows topic and emitters of every event of every interface; contracts that share a name share the topic", () => {
    const found = new Map<string, EmitterName[]>();
    for (const contract of CONTRACT_NAMES) {
      if (contract === "accessManager") continue;
      interfaceOf(contract).forEachEvent(({ name, topicHash }) => {
        expect(eventTopic(name as ContractEvent["name"]), `${contract}.${name}`).to.equal(topicHash);
        found.set(name, [...(found.get(name) ?? []), contract]);
      });
    }
    expect(found.size).to.be.at.least(25);
    for (const [name, contracts] of found) expect(emittersOf(name as ContractEvent["name"])).to.deep.equal(contracts);
  });

  it("refuses a name that no event has", () => {
    expect(() => eventTopic("Nothing" as ContractEvent["name"])).to.throw(RangeError);
    expect(emittersOf("Nothing" as ContractEvent["name"])).to.deep.equal([]);
  });
});
