import { backend, combineShares, createServerKeyRedealing, evaluateCommitments, nobleBackend, SecretScalar } from "@keyquorum/threshold";
import { accountOf, type Hash32, hexToBytes, KeyquorumError, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { signRaw } from "../formats/rawSignature.ts";
import { publicKeyOf } from "../records/serverKeyRecord.ts";
import { createServerKeyRecords, putServerKey } from "../records/serverKeyRecords.ts";
import { domainOf, membersOf } from "../retrieval/membership.ts";
import { createImportHosts, type ImportHosts } from "../testing/importHosts.ts";
import { createOldKey, importerAt, type OldKey } from "../testing/oldNodes.ts";
import type { OldKeyClaim } from "./claim.ts";
import { dealOldShare } from "./dealOldShare.ts";
import { roomOfImporter } from "./importerRoom.ts";
import { IMPORT_MESSAGES } from "./importMessages.ts";
import type { ImportOptions } from "./importOptions.ts";
import { OLD_DEALER, type OldShare, oldShareName, oldShareSession } from "./oldShare.ts";

const SLOTS = [1, 2, 4] as const;
const LATE = 4_000_000_000_000;
const addressOf = (secret: SecretScalar) => accountOf(backend.mulG(secret.reveal()));
const importers = (count: number): ImportOptions => ({
  from: Array.from({ length: count }, (_, node) => addressOf(importerAt(node))),
  until: LATE,
});
const claimOf = (key: OldKey, change: Partial<OldKeyClaim> = {}): OldKeyClaim => ({
  ...{ serverKeyId: key.serverKeyId, author: key.author, threshold: key.threshold, publicKey: key.publicKey },
  version: `0x${"07".repeat(32)}` as Hash32,
  ...(key.documentKey === undefined ? {} : { documentKey: key.documentKey }),
  ...change,
});

describe("importing old keys", () => {
  let net: ImportHosts;
  afterEach(() => net.remove());

  const receivers = async () => {
    const { services } = net.at(SLOTS[0]);
    const { members } = await membersOf(services, 4);
    return { domain: domainOf(services), epoch: 4, members: members.map(({ slot, encryptionKey }) => ({ slot, encryptionKey })) };
  };
  const deal = async (
    key: OldKey,
    node: number,
    change: {
      readonly claim?: Partial<OldKeyClaim>;
      readonly share?: bigint;
      readonly place?: bigint;
      readonly importer?: SecretScalar;
    } = {},
  ): Promise<OldShare> => {
    const { place, share } = key.nodes[node] as OldKey["nodes"][number];
    const dealt = { claim: claimOf(key, change.claim), place: change.place ?? place, share: SecretScalar.from(change.share ?? share) };
    return dealOldShare(await receivers(), dealt, change.importer ?? importerAt(node));
  };
  /** As the importer's tool sends it: the answer, or the code and reason of the refusal. */
  const send = async (slot: number, share: OldShare): Promise<string> => {
    const answerer = net.at(slot).answerers?.find(({ route }) => route.path === IMPORT_MESSAGES.share.route.path);
    const answer = await answerer?.respond(IMPORT_MESSAGES.share.encodeAsk(share)).catch((error: unknown) => error);
    if (answer instanceof KeyquorumError) return [answer.code, answer.details.reason ?? []].flat().join(" ");
    if (answer instanceof Error) throw answer;
    return (answer as { readonly state: string }).state;
  };
  const bring = async (share: OldShare, slots: readonly number[] = SLOTS): Promise<void> => {
    for (const slot of slots) expect(await send(slot, share)).to.equal("held");
  };
  /** What every keeper has of a key: "key", checked with its share, or "none". */
  const held = async (key: OldKey): Promise<readonly string[]> => {
    const shares: { slot: number; share: bigint }[] = [];
    const found: string[] = [];
    for (const { slot, services } of net.hosts) {
      const what = await createServerKeyRecords(services).use(hexToBytes(key.serverKeyId, 32), (record) => {
        expect(publicKeyOf(record).equals(key.publicKey)).to.equal(true);
        expect(nobleBackend.mulG(record.share.reveal()).equals(evaluateCommitments(record.commitments, slot))).to.equal(true);
        expect([record.author, record.threshold, record.epoch]).to.deep.equal([key.author, key.threshold, 4]);
        expect(record.documentKey?.encryptedPoint.equals(key.documentKey?.encryptedPoint ?? key.publicKey)).to.equal(
          key.documentKey === undefined ? undefined : true,
        );
        shares.push({ slot, share: record.share.reveal() });
        return "key";
      });
      found.push(what ?? "none");
    }
    for (let first = 0; first + key.threshold < shares.length; first += 1)
      expect(combineShares(shares.slice(first, first + key.threshold + 1))).to.equal(key.secret);
    return found;
  };
  const hasLine = (text: string): boolean => net.hosts.some(({ lines }) => lines.some((line) => line.includes(text)));
  const ALL = ["key", "key", "key"];
  const NONE = ["none", "none", "none"];

  for (const [nodes, threshold] of [
    [1, 0],
    [3, 1],
    [5, 2],
  ] as const)
    it(`t+1 old nodes' shares should become shares of the same key, with author and document key: ${nodes} nodes, t = ${threshold}`, async () => {
      net = await createImportHosts(SLOTS, () => importers(nodes));
      const key = createOldKey("one", { nodes, threshold });
      const needed = Math.max(threshold + 1, Math.floor(nodes / 2) + 1);
      for (let node = 0; node < needed; node += 1) {
        await net.rounds();
        expect(await held(key), `after ${node}`).to.deep.equal(NONE);
        await bring(await deal(key, node));
      }
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
      for (const slot of SLOTS) expect(await net.rowsOf(slot).ids(), "nothing is left of the old shares").to.deep.equal([]);
      expect(await send(1, await deal(key, 0)), "again").to.equal("generated");
    });

  describe("given five old nodes of which three are enough", () => {
    const key = createOldKey("five", { nodes: 5, threshold: 2 });
    beforeEach(async () => {
      net = await createImportHosts(SLOTS, () => importers(5));
    });

    it("a wrong share among them should be found by the sum, named, and left out", async () => {
      for (const node of [0, 1, 2]) await bring(await deal(key, node, node === 1 ? { share: 99n } : {}));
      await net.rounds();
      expect(await held(key)).to.deep.equal(NONE);
      expect(hasLine("Old shares do not add up to their key")).to.equal(true);
      await bring(await deal(key, 3));
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
      expect(hasLine("An old share was wrong")).to.equal(true);
    });

    it("a record of another author, key, threshold or pair should count for none but itself", async () => {
      const lies: readonly Partial<OldKeyClaim>[] = [
        { author: parseAddress(`0x${"bb".repeat(20)}`) },
        { publicKey: nobleBackend.mulG(4n) },
        { threshold: 0, publicKey: nobleBackend.mulG(key.nodes[0]?.share ?? 0n) },
      ];
      for (const claim of lies) {
        await bring(await deal(key, 0, { claim }));
        for (const node of [1, 2]) await bring(await deal(key, node));
        await net.rounds();
        expect(await held(key), Object.keys(claim).join()).to.deep.equal(NONE);
      }
      const pair = { commonPoint: nobleBackend.mulG(5n), encryptedPoint: nobleBackend.mulG(6n) };
      await bring(await deal(key, 0, { claim: { documentKey: pair } }));
      await net.rounds();
      expect(await held(key), "two say one pair, one another").to.deep.equal(NONE);
      expect(hasLine("disagree")).to.equal(true);
      await bring(await deal(key, 4));
      await net.rounds();
      expect(await held(key), "three say the same pair").to.deep.equal(ALL);
    });
  });

  describe("given a keeper that lies", () => {
    const key = createOldKey("liar", { nodes: 3, threshold: 1 });

    it("one that deals another constant than its part should be named, and no key come of it", async () => {
      net = await createImportHosts(SLOTS, () => importers(3), {
        change: (slot) => (source) => (slot === 4 ? { ...source, partOf: async () => SecretScalar.from(5n) } : source),
      });
      for (const node of [0, 1]) await bring(await deal(key, node));
      await net.importingOf(1).run();
      expect(await held(key)).to.deep.equal(NONE);
      const isNamed = net
        .at(1)
        .lines.some((line) => line.includes("a member is named") && line.includes('"slot":4') && line.includes("BAD_ANSWER"));
      expect(isNamed).to.equal(true);
    });

    it("one that proposes what no records say, or other shares, should find nobody who takes part", async () => {
      const planted = createOldKey("planted", { nodes: 3, threshold: 1 });
      net = await createImportHosts(SLOTS, () => importers(3), {
        change: (slot) => (source) => (slot === 1 ? { ...source, admit: async () => undefined } : source),
      });
      for (const node of [0, 1, 2]) await bring(await deal(key, node));
      const shares = await net.rowsOf(1).ofKey(key.serverKeyId);
      const names = shares.toSorted((a, b) => (a.place < b.place ? -1 : 1)).map(({ name }) => name);
      const [first, second] = names;
      const right = {
        ...{ serverKeyId: key.serverKeyId, author: key.author, authorSignature: new Uint8Array(65), threshold: 1, epoch: 4 },
        ...{ members: SLOTS, coordinator: 1 },
      };
      const imported = { publicKey: key.publicKey, dealings: [first, second], documentKey: key.documentKey };
      const lies: readonly (readonly [string, object])[] = [
        ["another author", { ...right, author: parseAddress(`0x${"bb".repeat(20)}`), imported }],
        ["another threshold", { ...right, threshold: 0, imported: { ...imported, dealings: [first] } }],
        ["another key", { ...right, imported: { ...imported, publicKey: planted.publicKey } }],
        ["another pair", { ...right, imported: { ...imported, documentKey: planted.documentKey } }],
        ["no pair", { ...right, imported: { publicKey: key.publicKey, dealings: [first, second] } }],
        ["too few", { ...right, imported: { ...imported, dealings: [first] } }],
        ["too many", { ...right, imported: { ...imported, dealings: names } }],
        ["one twice", { ...right, imported: { ...imported, dealings: [first, first] } }],
        ["one that is not there", { ...right, imported: { ...imported, dealings: [first, `0x${"ee".repeat(32)}`] } }],
        ["an author's signature", { ...right, authorSignature: new Uint8Array(65).fill(1), imported }],
      ];
      for (const [what, proposal] of lies) {
        const { importKey } = net.boardOf(1);
        const error: unknown = await importKey(proposal as Parameters<typeof importKey>[0]).catch((reason: unknown) => reason);
        expect((error as { readonly reason?: string }).reason, what).to.equal("REFUSED");
      }
      expect(await held(key)).to.deep.equal(NONE);
    });
  });

  it("no importer should shut out others, or keys, by what it brings; what one brought that is listed no more should go", async () => {
    // 100 rows are no server key's, three of the other six are for old shares: one for each importer.
    const options = new Map<number, ImportOptions>([[1, importers(3)]]);
    net = await createImportHosts(SLOTS, () => options.get(1), { extensionQuota: { rows: 106, bytes: 1_000_000 } });
    const [one, two] = ["one", "two"].map((name) => createOldKey(name, { nodes: 3, threshold: 1 })) as [OldKey, OldKey];
    expect(await send(1, await deal(one, 0))).to.equal("held");
    expect(await send(1, await deal(two, 0))).to.equal("ACCESS_DENIED OLD_SHARES_FULL");
    expect(await send(1, await deal(two, 1))).to.equal("held");
    for (const count of [1, 3, 64]) {
      const { rows, bytes } = roomOfImporter({ rows: 20_000, bytes: 60_000_000 }, count);
      expect([rows * count, bytes * count <= 20_000_000]).to.deep.equal([count === 3 ? 7_998 : 8_000, true]);
    }
    const { from } = importers(3);
    options.set(1, { from: from.slice(1), until: LATE });
    await net.restart(1);
    await net.importingOf(1).run();
    expect(await net.rowsOf(1).ids()).to.deep.equal([two.serverKeyId]);
  });

  describe("given three old nodes of which two are enough", () => {
    const key = createOldKey("three", { nodes: 3, threshold: 1 });
    const options = new Map<number, ImportOptions | undefined>();
    beforeEach(async () => {
      options.clear();
      net = await createImportHosts(SLOTS, (slot) => (options.has(slot) ? options.get(slot) : importers(3)), {
        mayHold: (threshold) => {
          if (threshold === 0) throw new KeyquorumError("ACCESS_DENIED");
        },
      });
    });

    it("strangers, another's signature, and what was altered on its way should be refused, and nothing be kept", async () => {
      const share = await deal(key, 0);
      const dealing = Uint8Array.from(share.dealing);
      dealing[dealing.length - 200] = (dealing[dealing.length - 200] ?? 0) ^ 1;
      const other = await deal(key, 1);
      const refused: readonly (readonly [string, OldShare])[] = [
        ["a stranger", await deal(key, 0, { importer: importerAt(77) })],
        ["another dealing", { ...share, dealing }],
        [
          "another pair",
          {
            ...share,
            claim: { ...share.claim, documentKey: { commonPoint: nobleBackend.mulG(2n), encryptedPoint: nobleBackend.mulG(2n) } },
          },
        ],
        ["another place", { ...share, place: 5n }],
        ["another id", { ...share, claim: { ...share.claim, serverKeyId: `0x${"12".repeat(32)}` as Hash32 } }],
        ["another epoch", { ...share, epoch: 3 }],
        ["another's signature", { ...share, signature: other.signature }],
      ];
      for (const [what, one] of refused) expect(await send(1, one), what).to.match(/^INVALID_/);
      expect(await send(1, { ...share, place: 0n }), "the place of the key itself").to.equal("INVALID_REQUEST");
      expect(await net.rowsOf(1).ids()).to.deep.equal([]);
    });

    it("a dealing that its importer signed for other members or another importer's session should be refused", async () => {
      const { domain, epoch, members } = await receivers();
      const { place, share } = key.nodes[0] as OldKey["nodes"][number];
      const dealt = { claim: claimOf(key), place, share: SecretScalar.from(share) };
      const older = dealOldShare({ domain, epoch: 3, members }, dealt, importerAt(0));
      expect(await send(1, older)).to.equal("NOT_MEMBER");
      const keys = members.map((one) => ({ ...one, encryptionKey: nobleBackend.mulG(9n) }));
      expect(await send(1, dealOldShare({ domain, epoch, members: keys }, dealt, importerAt(0))), "to keys of another's").to.equal(
        "INVALID_REQUEST",
      );
    });

    it("each of several importers should bring one record of a key, and no key that the rules forbid", async () => {
      expect(await send(1, await deal(key, 0))).to.equal("held");
      expect(await send(1, await deal(key, 1, { importer: importerAt(0) }))).to.equal("REQUEST_CONFLICT");
      expect(await send(1, await deal(createOldKey("zero", { nodes: 3, threshold: 0 }), 0))).to.equal("ACCESS_DENIED");
      expect(await send(1, await deal(createOldKey("two", { nodes: 3, threshold: 2 }), 0))).to.equal("held");
      const wide = createOldKey("wide", { nodes: 3, threshold: 2 });
      const share = await deal(wide, 0);
      expect(await send(1, { ...share, claim: { ...share.claim, threshold: 3 } }), "t+1 above the members").to.match(/^INVALID_/);
    });

    it("one importer that brings three places of its own key at once should have one voice", async () => {
      const own = createOldKey("own", { nodes: 3, threshold: 1 });
      const shares = await Promise.all([0, 1, 2].map((node) => deal(own, node, { importer: importerAt(0) })));
      for (const slot of SLOTS) {
        const answers = await Promise.all(shares.map((share) => send(slot, share)));
        expect(answers.toSorted(), `keeper ${slot}`).to.deep.equal(["REQUEST_CONFLICT", "REQUEST_CONFLICT", "held"]);
      }
      await net.rounds();
      expect(await held(own)).to.deep.equal(NONE);
    });

    it("an importer that brings one member another record than others should not hold up a key that others bring", async () => {
      for (const node of [0, 1, 2]) await bring(await deal(key, node), node === 0 ? [1, 2] : SLOTS);
      await bring(await deal(key, 1, { importer: importerAt(0) }), [4]);
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
      expect(hasLine("An importer brought a member another old share")).to.equal(true);
    });

    it("where nobody may import, or the time is over, it should be refused, and what waits be forgotten", async () => {
      await bring(await deal(key, 0));
      options.set(1, undefined);
      options.set(2, { ...importers(3), until: 1 });
      for (const slot of [1, 2]) await net.restart(slot);
      expect(await send(1, await deal(key, 1))).to.equal("INVALID_SIGNATURE");
      expect(await send(2, await deal(key, 1))).to.equal("ACCESS_DENIED");
      for (const slot of [1, 2]) {
        await net.importingOf(slot).run();
        expect(await net.rowsOf(slot).ids()).to.deep.equal([]);
      }
    });

    it("a keeper whose operator lets nobody import should keep the others from it", async () => {
      options.set(4, undefined);
      await net.restart(4);
      for (const node of [0, 1]) await bring(await deal(key, node), [1, 2]);
      await net.rounds();
      expect(await held(key)).to.deep.equal(NONE);
      expect(hasLine("could not be imported yet")).to.equal(true);
    });

    it("shares that reached one keeper only should be carried to the others", async () => {
      await bring(await deal(key, 0), [2]);
      await bring(await deal(key, 2), [2]);
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
    });

    it("an importer that gives one member a wrong part should be refused there, and others' shares be taken", async () => {
      const { domain, epoch, members } = await receivers();
      const { place, share } = key.nodes[0] as OldKey["nodes"][number];
      const about = { claim: claimOf(key), epoch, place };
      const sid = oldShareSession(domain, about, addressOf(importerAt(0)), members);
      const recipients = members.map((one) => (one.slot === 4 ? { ...one, encryptionKey: nobleBackend.mulG(9n) } : one));
      const dealing = createServerKeyRedealing({ sid, dealer: OLD_DEALER, share: SecretScalar.from(share), threshold: 1, recipients });
      const unsigned = { ...about, members: SLOTS, dealing };
      const lie = { ...unsigned, signature: signRaw(hexToBytes(oldShareName(domain, unsigned), 32), importerAt(0)) };
      await bring(lie, [1, 2]);
      expect(await send(4, lie)).to.equal("INVALID_REQUEST BAD_SHARE");
      for (const node of [1, 2]) await bring(await deal(key, node));
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
      expect(hasLine("A member finds an old share")).to.equal(true);
    });

    it("an id that has a key should stay its own: no old key takes its place", async () => {
      for (const node of [0, 1]) await bring(await deal(key, node));
      await net.rounds();
      const other = { ...createOldKey("other", { nodes: 3, threshold: 1 }), serverKeyId: key.serverKeyId };
      for (const node of [0, 1]) expect(await send(1, await deal(other, node))).to.equal("generated");
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
    });

    it("an id of which a keeper has a key that no session here made should take none, whoever proposes it", async () => {
      for (const node of [0, 1]) await bring(await deal(key, node));
      const { services } = net.at(2);
      const share = SecretScalar.from(5n);
      await services.transaction((tx) =>
        putServerKey(tx, {
          ...{ serverKeyId: hexToBytes(key.serverKeyId, 32), author: key.author, threshold: 0, epoch: 3, members: [2] },
          ...{ commitments: [nobleBackend.mulG(5n)], verifyingRoot: new Uint8Array(32), confirmations: [], share },
        }),
      );
      await net.rounds();
      expect(await send(2, await deal(key, 2))).to.equal("generated");
      expect(net.at(1).lines.some((line) => line.includes("could not be imported yet"))).to.equal(true);
      const other = await Promise.all(
        [1, 4].map(async (slot) => createServerKeyRecords(net.at(slot).services).find(hexToBytes(key.serverKeyId, 32))),
      );
      expect(other).to.deep.equal([undefined, undefined]);
    });

    it("a key without a document key should be imported without; a record that lacks it should not hide others'", async () => {
      const bare = createOldKey("bare", { nodes: 3, threshold: 1, isStored: false });
      for (const node of [0, 2]) await bring(await deal(bare, node));
      const { documentKey: _, ...lacking } = claimOf(key);
      await bring(
        dealOldShare(
          await receivers(),
          { claim: lacking, place: key.nodes[0]?.place ?? 0n, share: SecretScalar.from(key.nodes[0]?.share ?? 0n) },
          importerAt(0),
        ),
      );
      await bring(await deal(key, 1));
      await net.rounds();
      expect(await held(bare)).to.deep.equal(ALL);
      expect(await held(key), "one alone has the pair").to.deep.equal(NONE);
      await bring(await deal(key, 2));
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
    });

    for (const question of ["propose", "commit", "deal", "verdict", "confirm", "result", "share"])
      it(`when a member is killed after "${question}" was durable and before its answer left, all or none should have the key, and all at the end`, async () => {
        for (const node of [0, 1]) await bring(await deal(key, node), question === "share" ? [1] : SLOTS);
        let isKilled = false;
        net.answer(2, (answerers) =>
          answerers.map((one) =>
            one.route.path.endsWith(`/${question}`)
              ? {
                  ...one,
                  respond: async (body) => {
                    if (isKilled) return one.respond(body);
                    isKilled = true;
                    await one.respond(body);
                    net.answer(2, () => undefined);
                    throw new KeyquorumError("UNAVAILABLE", "killed");
                  },
                }
              : one,
          ),
        );
        await net.importingOf(1).run();
        expect(isKilled).to.equal(true);
        const before = await held(key);
        if (question !== "result") expect(before).to.deep.equal(NONE);
        await net.restart(2);
        await net.rounds();
        expect(await held(key)).to.deep.equal(ALL);
      });

    it("two keepers that drive at once should come to one key", async () => {
      for (const node of [0, 1, 2]) await bring(await deal(key, node));
      net.everywhere((chain) => {
        chain.head += 700;
      });
      for (const slot of SLOTS) await net.importingOf(slot).run();
      await Promise.all(SLOTS.map((slot) => net.importingOf(slot).run()));
      await net.rounds();
      expect(await held(key)).to.deep.equal(ALL);
    });
  });
});
