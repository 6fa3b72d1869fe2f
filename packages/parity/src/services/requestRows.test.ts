import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createExtensionHosts, type ExtensionHosts } from "../../../keeper/src/testing/extensionHosts.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { forgetRequests, listRequests, MOST_REQUESTS, noteRequests } from "./requestRows.ts";
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
  const note = (requests: readonly ServiceRequest[], isOver: (one: ServiceRequest) => boolean = () => false) =>
    services().transaction((tx) => noteRequests(tx, requests, isOver));
  const blocks = async () => (await listRequests(services())).map(({ blockNumber }) => blockNumber);

  it("are as many as there is room for, and what is over makes room, the oldest first", async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1]);
    const all = Array.from({ length: MOST_REQUESTS }, (_, i) => request(i + 1));
    expect(await note(all)).to.deep.equal([]);
    expect(await note([request(100), request(101)], ({ blockNumber }) => blockNumber === 5), "one is over").to.deep.equal([request(101)]);
    expect(await blocks()).to.include(100);
    expect(await blocks()).not.to.include(5);
    expect(await note([request(3, 200)]), "made again").to.deep.equal([]);
    expect((await blocks()).at(-1)).to.equal(200);
    expect(await blocks()).to.have.length(MOST_REQUESTS);
  });

  it("go with the blocks that a reorganisation took back", async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1]);
    await note([request(1), request(2), request(3)]);
    await services().transaction((tx) => forgetRequests(tx, ({ blockNumber }) => blockNumber > 1));
    expect(await blocks()).to.deep.equal([1]);
  });
});
