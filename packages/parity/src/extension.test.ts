import { expect } from "chai";
import { createExtensionHosts, type ExtensionHosts, HOSTS_EPOCH } from "../../keeper/src/testing/extensionHosts.ts";
import { createExtension, parityExtension } from "./extension.ts";
import { EXTENSION_NAME } from "./extensionName.ts";
import { createDocumentKey } from "./formats/documentKey.ts";
import { bareHex } from "./formats/hexText.ts";
import { encodePoint64, parsePoint64 } from "./formats/point64.ts";
import { withoutSessions } from "./testing/boardHosts.ts";
import { ALICE, BOB, ID, signedBy } from "./testing/keyHolders.ts";

/** What the extension gives the keeper. */
type Started = Awaited<ReturnType<NonNullable<ReturnType<typeof parityExtension>["start"]>>>;

describe("the extension of a keeper", () => {
  let hosts: ExtensionHosts;
  const started: Started[] = [];
  const urls: string[] = [];
  /** Labels of the metric that names members. */
  const named: unknown[] = [];

  before(async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, [1, 2, 3]);
    withoutSessions(hosts);
    hosts.everywhere((chain) => {
      chain.answers["shareRequests.decide"] = () => [1];
    });
    for (const host of hosts.hosts) {
      const { services } = host;
      const answer: typeof services.peers.answer = (answerers) => {
        host.answerers = answerers; // as the keeper's own server mounts them
        return services.peers.answer(answerers);
      };
      const extension = parityExtension(
        { permissions: `0x${"ac".repeat(20)}`, keyServer: { port: 0, requestTimeoutMilliseconds: 60_000 } },
        { patience: 60_000 },
      );
      const counter: typeof services.metrics.counter = (settings) => {
        const made = services.metrics.counter(settings);
        if (settings.name === "members_named_total") made.inc = (labels: unknown) => void named.push(labels);
        return made;
      };
      const metrics = { ...services.metrics, counter };
      const story = await extension.start?.({ ...services, metrics, peers: { ...services.peers, answer } });
      const status = (await story?.status?.()) as { readonly url: string } | undefined;
      started.push(story);
      urls.push(status?.url ?? "");
    }
  });
  after(async () => {
    for (const story of started) await story?.close?.();
    await hosts.remove();
  });

  const id = bareHex(ID);
  const signature = (by = ALICE) => bareHex(signedBy(by).signature);
  const ask = async (keeper: number, method: string, path: string) => {
    const response = await fetch(`${urls[keeper]}${path}`, { method });
    return { status: response.status, body: await response.text() };
  };

  it("generates, stores and reads among keepers, each asked by HTTP", async () => {
    expect(await started[1]?.neededEpochs?.()).to.deep.equal([]);
    const generated = await ask(0, "POST", `/shadow/${id}/${signature()}/1`);
    expect(generated.status).to.equal(200);
    expect(await started[1]?.neededEpochs?.(), "its identity key there is not to be erased").to.deep.equal([HOSTS_EPOCH]);
    const serverKey = parsePoint64(Buffer.from(JSON.parse(generated.body).slice(2), "hex"));
    const { commonPoint, encryptedPoint } = createDocumentKey(serverKey);
    const pair = `${bareHex(encodePoint64(commonPoint))}/${bareHex(encodePoint64(encryptedPoint))}`;
    expect(await ask(1, "GET", `/server/${id}/${signature()}`)).to.deep.equal(generated);
    expect((await ask(1, "GET", `/shadow/${id}/${signature(BOB)}`)).status, "nothing is stored yet").to.equal(404);
    expect((await ask(1, "POST", `/shadow/${id}/${signature(BOB)}/${pair}`)).status, "not the author").to.equal(403);
    expect(await ask(1, "POST", `/shadow/${id}/${signature()}/${pair}`)).to.deep.equal({ status: 200, body: "" });
    const read = await ask(2, "GET", `/shadow/${id}/${signature(BOB)}`);
    expect(read.status).to.equal(200);
    expect(JSON.parse(read.body).decrypt_shadows).to.have.length(2);
    hosts.everywhere((chain) => {
      chain.answers["shareRequests.decide"] = () => [0];
      chain.head += 1;
    });
    expect(await ask(2, "GET", `/shadow/${id}/${signature(BOB)}`)).to.deep.equal({ status: 403, body: '"\\"Consensus unreachable\\""' });
  });

  it("names in its metrics who is away from a generation", async () => {
    const third = hosts.at(3);
    const { answerers } = third;
    third.answerers = undefined;
    const other = new Uint8Array(32).fill(0xd1);
    const asked = await ask(0, "POST", `/shadow/${bareHex(other)}/${bareHex(signedBy(ALICE, other).signature)}/1`);
    third.answerers = answerers;
    expect(asked.status).to.equal(500);
    expect(named.map((labels) => (labels as { readonly slot: unknown }).slot)).to.deep.equal(["3"]);
  });

  it("tells what it holds, and refuses options that it does not know", async () => {
    expect(await started[0]?.status?.()).to.deep.equal({ url: urls[0], serverKeys: 1, generation: "unknown" });
    let message = "";
    try {
      await createExtension({ permissions: "none", unknown: 1 });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).to.equal("The option unknown is not known.");
  });

  it("tells in status and log whether server keys can be generated through it, and why not", async () => {
    const { chain, lines } = hosts.at(1);
    const hasLine = (text: string): boolean => lines.some((line) => line.includes(text));
    const seen = async (): Promise<unknown> => {
      chain.head += 61; // a minute later
      await started[0]?.eachRound?.(hosts.heads() as never); // true: it looks for itself
      const status = (await started[0]?.status?.()) as { readonly generation: string } | undefined;
      return status?.generation;
    };
    expect(await seen()).to.equal("open");
    chain.answers["keeperRegistry.removedKeepers"] = () => [1n << 3n];
    expect(await seen(), "two of three are left").to.equal("too_few_members");
    expect(hasLine("Too few members")).to.equal(true);
    chain.answers["keeperRegistry.removedKeepers"] = () => [1n << 1n];
    expect(await seen(), "it was removed").to.equal("no_epoch");
    chain.answers["keeperRegistry.removedKeepers"] = () => [0n];
    chain.answers["keeperRegistry.currentEpoch"] = () => [0];
    expect(await seen(), "there is none").to.equal("no_epoch");
    chain.answers["keeperRegistry.currentEpoch"] = () => [HOSTS_EPOCH];
    chain.isReachable = false;
    expect(await seen()).to.equal("unknown");
    chain.isReachable = true;
    expect(await seen()).to.equal("open");
  });
});
