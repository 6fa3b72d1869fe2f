import { backend, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, type Hex, parseAddress } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { createExtensionHosts, type ExtensionHosts, HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { createServerKeyRecords, putServerKey } from "../records/serverKeyRecords.ts";
import { ALICE, ID, signedBy } from "../testing/keyHolders.ts";
import { mineOnce } from "../testing/serviceHosts.ts";
import { encodeCall } from "./abi.ts";
import { createSetMigration, type SetMigration } from "./setMigration.ts";

const SET = parseAddress(`0x${"5e".repeat(20)}`);
const MIGRATION = `0x${"3d".repeat(32)}`;
const SLOTS = [1, 2, 3];
const selectorOf = (signature: string): string => bytesToHex(keccak_256(utf8ToBytes(signature))).slice(2, 10);
const START = selectorOf("startMigration(bytes32)");
const CONFIRM = selectorOf("confirmMigration(bytes32)");
const ABORT = selectorOf("abortMigration(bytes32)");

describe("the key server set", () => {
  let hosts: ExtensionHosts;
  let migrations: readonly SetMigration[];
  /** As the contract shows it. */
  let state: { current: number; migration: number; confirmed: readonly string[]; hopeless?: boolean };

  beforeEach(async () => {
    hosts = await createExtensionHosts(EXTENSION_NAME, SLOTS);
    state = { current: HOSTS_EPOCH - 1, migration: 0, confirmed: [] };
    const returned: Readonly<Record<string, (data: string) => string | undefined>> = {
      [selectorOf("currentEpoch()")]: () => encodeCall("", state.current),
      [selectorOf("migrationEpoch()")]: () => encodeCall("", state.migration),
      [selectorOf("getMigrationId()")]: () => (state.migration === 0 ? undefined : MIGRATION),
      [selectorOf("isMigrationHopeless()")]: () => (state.hopeless === undefined ? undefined : encodeCall("", state.hopeless ? 1 : 0)),
      [selectorOf("isMigrationConfirmed(address)")]: (data) => encodeCall("", state.confirmed.includes(`0x${data.slice(-40)}`) ? 1 : 0),
    };
    hosts.everywhere((chain) => {
      chain.foreign[SET] = (data) => returned[data.slice(2, 10)]?.(data);
    });
    migrations = hosts.hosts.map(({ services, slot }) =>
      createSetMigration(services, {
        ...{ set: SET, records: createServerKeyRecords(services) },
        board: { present: async () => ({ epoch: HOSTS_EPOCH, slots: SLOTS, ownSlot: slot }) },
      }),
    );
  });
  afterEach(() => hosts.remove());

  /** Time passes, and every keeper does a round: who posted what. */
  const round = async (seconds = 20): Promise<readonly (readonly [number, string])[]> => {
    for (const { posted } of hosts.hosts) posted.length = 0;
    hosts.everywhere((chain) => {
      chain.head += seconds;
    });
    for (const migration of migrations) await migration.eachRound();
    return hosts.hosts.flatMap(({ slot, posted }) => posted.map(({ data }) => [slot, data.slice(2, 10)] as const));
  };
  const holdKeyOf = (slot: number, epoch: number) =>
    hosts.at(slot).services.transaction((tx) =>
      putServerKey(tx, {
        ...{ serverKeyId: ID, author: signedBy(ALICE).address, threshold: 1, epoch, members: SLOTS, share: SecretScalar.from(5n) },
        ...{ commitments: [backend.mulG(2n), backend.mulG(3n)], verifyingRoot: new Uint8Array(32), confirmations: [] },
      }),
    );

  it("is left alone while it is the newest epoch's", async () => {
    state.current = HOSTS_EPOCH;
    expect(await round()).to.deep.equal([]);
  });

  it("is started by one member after the other, under one name", async () => {
    expect((await round()).map(([, call]) => call)).to.deep.equal([START]);
    const all = [...(await round(60)), ...(await round(60))];
    expect(new Set(all.map(([slot]) => slot)).size).to.equal(3);
    expect(new Set(hosts.hosts.flatMap(({ posted }) => posted.map(({ data }) => data))).size).to.equal(1);
  });

  it("is confirmed by each keeper that has no key of an earlier epoch, once", async () => {
    state.migration = HOSTS_EPOCH;
    await holdKeyOf(2, HOSTS_EPOCH - 1);
    expect(await round()).to.deep.equal([
      [1, CONFIRM],
      [3, CONFIRM],
    ]);
    state.confirmed = hosts.hosts.filter(({ slot }) => slot !== 2).map(({ services }) => services.transactions.account);
    await holdKeyOf(2, HOSTS_EPOCH);
    expect(await round()).to.deep.equal([[2, CONFIRM]]);
  });

  it("is confirmed though the migration has the name of one that was confirmed before", async () => {
    const confirms = async (): Promise<readonly string[]> => {
      await round();
      const ids = hosts.hosts.flatMap(({ posted }) => posted.map(({ id }) => id));
      for (const host of hosts.hosts) for (const intent of host.posted) await mineOnce(host, intent);
      return ids;
    };
    state.migration = HOSTS_EPOCH;
    const first = await confirms();
    expect(first).to.have.length(3);
    state.confirmed = hosts.hosts.map(({ services }) => services.transactions.account);
    expect(await confirms()).to.deep.equal([]);
    state.confirmed = [];
    const again = await confirms();
    expect([again.length, again.filter((id) => first.includes(id))], "aborted, and started under the same name").to.deep.equal([3, []]);
  });

  it("is freed of a migration to an epoch that is the newest no more, and what was sent for one that ended is not sent again", async () => {
    state.migration = HOSTS_EPOCH - 1;
    expect((await round()).map(([, call]) => call)).to.deep.equal([ABORT]);
    const [first] = hosts.hosts.flatMap(({ posted }) => posted);
    if (first === undefined) throw new Error("nothing was posted");
    const signed = { id: first.id, to: first.to, data: first.data as Hex };
    const wanted = (migration: SetMigration | undefined) => migration?.mayResend["set-migration"]?.(first.subject, signed);
    expect(await wanted(migrations[0])).to.equal("yes");
    state = { current: HOSTS_EPOCH, migration: 0, confirmed: [] };
    expect(await wanted(migrations[0])).to.equal("no");
  });

  it("is freed of a migration of which a member went absent, by who has confirmed it too, and it is started again", async () => {
    state.migration = HOSTS_EPOCH;
    state.confirmed = hosts.hosts.filter(({ slot }) => slot !== 3).map(({ services }) => services.transactions.account);
    state.hopeless = false;
    expect(await round(100), "while it may end").to.deep.equal([[3, CONFIRM]]);
    state.hopeless = true;
    expect((await round()).map(([, call]) => call)).to.deep.equal([ABORT]);
    const others = [...(await round(60)), ...(await round(60))];
    expect(
      [new Set(others.map(([, call]) => call)), new Set(others.map(([slot]) => slot)).size],
      "where the first is not mined",
    ).to.deep.equal([new Set([ABORT]), 3]);
    state = { current: HOSTS_EPOCH - 1, migration: 0, confirmed: [] };
    expect((await round()).map(([, call]) => call)).to.deep.equal([START]);
  });

  it("does nothing below the operator's reserve, and where no such contract is", async () => {
    hosts.everywhere((chain) => {
      chain.balance = 1n;
    });
    expect(await round(100)).to.deep.equal([]);
    hosts.everywhere((chain) => {
      chain.balance = 10n ** 18n;
      delete chain.foreign[SET];
    });
    expect(await round(100)).to.deep.equal([]);
  });
});
