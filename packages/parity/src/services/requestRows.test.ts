import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createExtensionHosts, type ExtensionHosts } from "../../../keeper/src/testing/extensionHosts.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { forgetAbove, forgetRequests, listRequests, MOST_REQUESTS, noteMissed, noteRequests, readOnFrom } from "./requestRows.ts";
import type { ServiceRequest } from "./serviceRequest.ts";

const contract = parseAddress(`0x${"5e".repeat(20)}`);
const request = (number: number, blockNumber = number): ServiceRequest => ({
  ...{ kind: "retrieval", contract, blockNumber, logIndex: 0 },
  serverKeyId: `0x${number.toString(16).padStart(64, "0")}` as ServiceRequest["serverKeyId"], // 32 bytes
});

describe("rows of service contracts' requests", () => {
  let hosts: ExtensionHosts;
  afterEach(() => hosts.remove());
  const services = () => hosts.at(1).services;
  const note = (requests: readonly ServiceRequest[], contracts = [contract]) =>
    services().transaction((tx) => noteRequests(tx, requests, contracts));
  const blocks = async () => (await listRequests(services())).map(({ blockNumber }) => blockNumber);
  const all = Array.from({ length: MOST_REQUESTS }, (_, i) => request(i + 1));

  it("are as many as there is room for; what finds no place waits for what is over, and is not lost", async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1]);
    expect(await note(all)).to.equal(0);
    const missed = [request(100), request(101), { ...request(102, 101), logIndex: 1 }];
    expect([await note(missed), await blocks()]).to.deep.equal([3, all.map(({ blockNumber }) => blockNumber)]);
    expect(await note([request(3, 200)]), "made again").to.equal(0);
    expect(await note([request(3)]), "read again").to.equal(0);
    const readOn = (end?: ServiceRequest) =>
      services().transaction(async (tx) => {
        const from = await readOnFrom(tx, contract);
        if (from !== undefined) await noteMissed(tx, contract, { from, requests: [request(99), ...missed], end }, [contract]);
      });
    await readOn();
    expect((await blocks()).at(-1), "no place yet").to.equal(200);
    await services().transaction((tx) => forgetRequests(tx, ({ blockNumber }) => blockNumber === 5 || blockNumber === 6));
    await hosts.at(1).restart();
    await readOn();
    expect((await blocks()).slice(-3), "two places").to.deep.equal([100, 101, 200]);
    expect(await readOnFrom(services(), contract)).to.deep.equal({ blockNumber: 101, logIndex: 1 });
    await services().transaction((tx) => forgetRequests(tx, ({ blockNumber }) => blockNumber < 101));
    await readOn();
    expect([await blocks(), await readOnFrom(services(), contract)]).to.deep.equal([[101, 101, 200], undefined]);
  });

  it("of one contract leave places to the others", async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1]);
    const other = parseAddress(`0x${"6f".repeat(20)}`);
    expect(await note(all, [contract, other])).to.equal(4);
    const its = all.slice(0, 5).map((one) => ({ ...one, contract: other }));
    expect(await note(its, [contract, other])).to.equal(1);
    expect(await blocks()).to.have.length(MOST_REQUESTS);
  });

  it("are read once for a batch of logs, however many come at once", async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1]);
    let asked = 0;
    const batch = Array.from({ length: 5_000 }, (_, i) => request(i + 1));
    const without = await services().transaction((tx) =>
      noteRequests(
        {
          table: (name) => {
            asked += 1;
            return tx.table(name);
          },
        },
        batch,
        [contract],
      ),
    );
    expect([without, await blocks()]).to.deep.equal([5_000 - MOST_REQUESTS, all.map(({ blockNumber }) => blockNumber)]);
    expect(asked).to.be.lessThan(3 * MOST_REQUESTS);
  });

  it("go with the blocks that a reorganisation took back", async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1]);
    await note([...all, request(100)]);
    await services().transaction((tx) => forgetAbove(tx, contract, 1));
    expect([await blocks(), await readOnFrom(services(), contract)]).to.deep.equal([[1], undefined]);
  });
});
