/** A member in memory that generates server keys: a disk that survives crashes, a memory that does not, and, where it is told to, malice. */
import {
  createComplaint,
  type DkgMember,
  type NonceSource,
  nobleBackend,
  openShare,
  parseServerKeyDealing,
  type RandomSource,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, KeyquorumError, type PeerDomain, parseAddress, peerDigest } from "@keyquorum/wire";
import { createServerKeyMember } from "../serverKey/member.ts";
import type { ServerKeyMember } from "../serverKey/memberPorts.ts";
import type { ServerKeyAnswers, ServerKeyProposal } from "../serverKey/messages.ts";
import { type RowName, rowNameOf } from "../serverKey/moved.ts";
import type { ServerKeyRow } from "../serverKey/rows.ts";
import type { ServerKeyContext } from "../serverKey/session.ts";
import { SERVER_KEY_KINDS, type ServerKeyStatement } from "../serverKey/statements.ts";
import type { Dice } from "./random.ts";
import { nonceSourceOf } from "./random.ts";

const DOMAIN: PeerDomain = { chainId: 31337n, contract: parseAddress(`0x${"11".repeat(20)}`) };
const TAG = new Uint8Array(32).fill(9);

/** What a test knows of a member beside what it does. */
export type NodeHistory = {
  /** By session: the dealings that left, and the sets under which they did. */
  readonly dealt: Map<string, Set<string>>;
  /** Sessions that it signed a word about. */
  readonly confirmed: Set<string>;
  readonly aborted: Set<string>;
  /** By id: sessions that it stored as generated. */
  readonly generated: Map<RowName, Set<string>>;
};

export class Crash extends KeyquorumError {
  constructor() {
    super("UNAVAILABLE", "killed");
  }
}

export type ServerKeyNode = {
  readonly slot: number;
  readonly encryptionSecret: SecretScalar;
  readonly member: DkgMember;
  readonly disk: Map<RowName, ServerKeyRow>;
  /** Kept beside the rows. */
  readonly shares: ReadonlyMap<RowName, SecretScalar>;
  readonly history: NodeHistory;
  readonly contextOf: (proposal: ServerKeyProposal) => ServerKeyContext;
  /** Counts lives: what ran in an earlier one is over. */
  life: number;
  /** Answers nothing while down. */
  isDown: boolean;
  own: ServerKeyMember;
  /** What others are answered: its member, or what it makes of that. */
  answers: ServerKeyAnswers;
  restart: () => Promise<void>;
};

/** Ideal signatures: a table of secrets that only `sign` and `isSignedBy` read. */
export type Keyring = {
  readonly sign: (slot: number, statement: ServerKeyStatement) => Uint8Array;
  readonly isSignedBy: (slot: number, statement: ServerKeyStatement, signature: Uint8Array) => boolean;
};

export const createKeyring = (): Keyring => {
  const signed = new Map<string, number>();
  const digestOf = (slot: number, statement: ServerKeyStatement): string =>
    `${slot} ${peerDigest({ ...statement, tag: TAG, domain: DOMAIN })}`;
  const numbers = (value: number): Uint8Array => {
    const bytes = new Uint8Array(65);
    new DataView(bytes.buffer).setUint32(0, value);
    return bytes;
  };
  return {
    sign: (slot, statement) => {
      const digest = digestOf(slot, statement);
      const number = signed.get(digest) ?? signed.size + 1;
      signed.set(digest, number);
      return numbers(number);
    },
    isSignedBy: (slot, statement, signature) =>
      signature.length === 65 &&
      signed.get(digestOf(slot, statement)) === new DataView(signature.buffer, signature.byteOffset).getUint32(0),
  };
};

export const createServerKeyNode = async (input: {
  readonly slot: number;
  readonly encryptionSecret: SecretScalar;
  readonly members: readonly DkgMember[];
  readonly keyring: Keyring;
  readonly dice: Dice;
  readonly now: () => number;
  /** Chance that a write kills it, before or after it is durable. */
  readonly crash: () => number;
  /** Whether this one sees that a member of it was removed. Default: never. */
  readonly isHit?: (proposal: ServerKeyProposal) => boolean;
  /** Whose dealings it takes, where others deal. Default: nobody's. */
  readonly isDealtBy?: NonNullable<ServerKeyContext["isDealtBy"]>;
}): Promise<ServerKeyNode> => {
  const { slot, encryptionSecret, members, keyring, dice, now, crash, isHit = () => false, isDealtBy = () => false } = input;
  const member = members.find((one) => one.slot === slot);
  if (member === undefined) throw new RangeError("a node is a member");
  const disk = new Map<RowName, ServerKeyRow>();
  const shares = new Map<RowName, SecretScalar>();
  const history: NodeHistory = { dealt: new Map(), confirmed: new Set(), aborted: new Set(), generated: new Map() };
  let nonces: NonceSource = nonceSourceOf(dice.bytes);

  const sign = (statement: ServerKeyStatement): Uint8Array => {
    const session = statement.about[1] instanceof Uint8Array ? bytesToHex(statement.about[1]) : "";
    if (statement.kind === SERVER_KEY_KINDS.confirmation) history.confirmed.add(session);
    if (statement.kind === SERVER_KEY_KINDS.abort) history.aborted.add(session);
    if (statement.kind === SERVER_KEY_KINDS.dealing)
      addTo(history.dealt, session, statement.content === 0 ? "" : bytesToHex(statement.content));
    return keyring.sign(slot, statement);
  };
  const contextOf = (proposal: ServerKeyProposal): ServerKeyContext => ({
    domain: DOMAIN,
    slot,
    members: members.filter((one) => proposal.members.includes(one.slot)),
    sign,
    isSignedBy: keyring.isSignedBy,
    isDealtBy,
  });
  const write = async (change: () => void): Promise<void> => {
    const fate = dice.next();
    if (fate < crash() / 2) throw new Crash();
    change();
    if (fate < crash()) throw new Crash();
  };
  let life = 0;
  const start = (): Promise<ServerKeyMember> => {
    const mine = life;
    // A life that is over writes and reads nothing.
    const alive = (): void => {
      if (life !== mine) throw new Crash();
    };
    const put = (row: ServerKeyRow): void => {
      alive();
      disk.set(rowNameOf(row.proposal), row);
    };
    return createServerKeyMember({
      rows: {
        load: async (id) => {
          alive();
          return disk.get(id);
        },
        save: (row) => write(() => put(row)),
        accept: (row, share) =>
          write(() => {
            put(row);
            shares.set(rowNameOf(row.proposal), SecretScalar.from(share.reveal()));
          }),
        finish: (row) =>
          write(() => {
            put(row);
            addTo(history.generated, rowNameOf(row.proposal), row.sid);
          }),
        delete: (id) =>
          write(() => {
            alive();
            disk.delete(id);
            shares.delete(id);
          }),
        unfinished: async () => [...disk.values()].flatMap((row) => (row.stage === "generated" ? [] : [row])),
      },
      secrets: {
        open: async (context, { sid }, { dealer, dealing }) =>
          openShare({ sid: hexToBytes(sid, 32), dealer, recipient: slot, encryptionSecret, members: context.members, dealing }),
        complain: async (_context, { sid }, { dealer, dealing }) =>
          createComplaint(
            { sid: hexToBytes(sid, 32), dealer, recipient: slot, encryptionSecret, encryptionKey: member.encryptionKey, dealing },
            nonces({ purpose: "extension:parity", session: hexToBytes(sid, 32) }),
          ),
      },
      contextOf: async (proposal) => contextOf(proposal),
      admit: async () => undefined,
      assertCurrent: async () => undefined,
      isHitByRemoval: async (proposal) => isHit(proposal),
      randomOf: (use) => nonces({ ...use, purpose: "extension:parity" }),
      now,
    });
  };
  const own = await start();
  const node: ServerKeyNode = {
    slot,
    encryptionSecret,
    member,
    disk,
    shares,
    history,
    contextOf,
    life: 0,
    isDown: false,
    own,
    answers: own,
    restart: async () => {
      life += 1;
      node.life = life;
      nonces = nonceSourceOf(dice.bytes);
      node.own = await start();
      node.answers = node.own;
    },
  };
  return node;
};

const addTo = <Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void => {
  const set = sets.get(key) ?? new Set();
  set.add(value);
  sets.set(key, set);
};

export const createEncryptionSecret = (
  random: RandomSource,
): { readonly secret: SecretScalar; readonly encryptionKey: DkgMember["encryptionKey"] } => {
  const scalar = randomScalar(random);
  return { secret: SecretScalar.from(scalar), encryptionKey: nobleBackend.mulG(scalar) };
};

export const readDealingOf = (node: ServerKeyNode, proposal: ServerKeyProposal, dealing: Uint8Array) =>
  parseServerKeyDealing(dealing, { threshold: proposal.threshold, members: node.contextOf(proposal).members.length });
