import { createMemoryBlobStore } from "@keyquorum/blobs";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { withActions } from "./action.ts";
import * as actions from "./actions.ts";
import { createBareClient } from "./bareClient.ts";
import { createClient } from "./client.ts";
import { errorOf } from "./fakes/errorOf.ts";
import { fakeDeployment } from "./fakes/fakeDeployment.ts";

const provider = new JsonRpcProvider("http://127.0.0.1:1", undefined, { staticNetwork: true });
const deployment = fakeDeployment();
const options = { provider, deployment, blobs: createMemoryBlobStore() };

describe("Actions", () => {
  after(() => provider.destroy());

  it("are the methods of createClient: each of them, and nothing else", () => {
    expect(Object.keys(createClient(options)).sort()).to.deep.equal(Object.keys(actions).sort());
  });

  it("are loaded later by the same name, and a loop is one before it is loaded", async () => {
    const client = createClient(options);
    const failures: Readonly<Record<string, Promise<unknown>>> = {
      grant: client.grant("0x", "0x"),
      describe: client.describe({ cid: "no cid" }),
      watch: client.watch({ at: "never" as never }).next(),
    };
    const codes = await Promise.all(Object.values(failures).map(async (failure) => (await errorOf(failure)).code));
    expect(codes).to.deep.equal(["NO_SIGNER", "INVALID_CID", "INVALID_VALUE"]);
  });

  it("do as the methods do, by themselves and as methods of a smaller client", async () => {
    const client = createBareClient(options);
    expect((await errorOf(actions.grant(client, "0x", "0x"))).code).to.equal("NO_SIGNER");
    expect((await errorOf(withActions(client, { give: actions.grant }).give("0x", "0x"))).code).to.equal("NO_SIGNER");
  });

  it("fail with a KeyquorumError by themselves, too, where a part of the caller's own fails", async () => {
    const blobs = Object.assign(createMemoryBlobStore(), {
      get: () => {
        throw new Error("the disk is gone");
      },
    });
    const client = createBareClient({ ...options, blobs });
    const cid = await createMemoryBlobStore().add(new Blob(["x"]).stream());
    const error = await errorOf(actions.describe(client, { cid }));
    expect(error).to.be.instanceOf(KeyquorumError);
    expect(error.code).to.equal("PART_FAILED");
    expect((error.cause as Error).message).to.equal("the disk is gone");
  });
});
