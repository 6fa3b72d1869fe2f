/** A keeper in memory that makes Schnorr signatures: a disk that survives crashes, a memory that does not. Signatures of identity keys are ideal. */
import {
  derivedKey,
  evaluatePolynomial,
  keccakWords,
  type NonceSource,
  nobleBackend,
  type Point,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { bootIdOf, bytesToHex, type Hash32, isCurrentBoot, KeyquorumError, parseHash32, parseKeyId } from "@keyquorum/wire";
import { createFrostSigner, type FrostSigner } from "../signing/frost/signer.ts";
import type { BootId, FrostAnswers, SigningMessage } from "../signing/messages.ts";
import type { SignerPorts, SigningClock, SigningContext, SigningRequest, SigningShareMarker } from "../signing/ports.ts";
import { type Dice, nonceSourceOf } from "./random.ts";

export const EPOCH = 4;

/** A table of what was signed, which only `sign` and `isSignedBy` read. */
export const createSigningKeyring = () => {
  const signed = new Map<string, number>();
  const nameOf = ({ kind, requestId, attempt, epoch, slot, boot, content }: SigningMessage): string =>
    [kind, requestId, attempt ?? 0, epoch, slot, boot, content === 0 ? 0 : bytesToHex(content)].join(" ");
  return {
    sign: (message: SigningMessage): Uint8Array => {
      const number = signed.get(nameOf(message)) ?? signed.size + 1;
      signed.set(nameOf(message), number);
      const bytes = new Uint8Array(65);
      new DataView(bytes.buffer).setUint32(0, number);
      return bytes;
    },
    isSignedBy: (message: SigningMessage, signature: Uint8Array): boolean =>
      signature.length === 65 && signed.get(nameOf(message)) === new DataView(signature.buffer, signature.byteOffset).getUint32(0),
  };
};

/** A key of threshold t, whose polynomial is known. */
export const createSigningKey = (dice: Dice, slots: readonly number[], threshold: number) => {
  const polynomial = Array.from({ length: threshold + 1 }, () => randomScalar(dice.bytes));
  const shareAt = (slot: number): bigint => evaluatePolynomial(polynomial, BigInt(slot));
  const publicKey = nobleBackend.mulG(polynomial[0] as bigint); // t+1 coefficients, one at least
  const verifyingShares: ReadonlyMap<number, Point> = new Map(slots.map((slot) => [slot, nobleBackend.mulG(shareAt(slot))]));
  /** @param name whatever is signed */
  const requestFor = (name: number, offset = 0n): SigningRequest => ({
    requestId: parseHash32(bytesToHex(keccakWords(1, name))),
    keyId: parseKeyId(bytesToHex(keccakWords(2))),
    epoch: EPOCH,
    digest: keccakWords(3, name),
    offset,
    publicKey: derivedKey(publicKey, offset),
    threshold,
    verifyingShares,
  });
  return { shareAt, requestFor };
};

export class Killed extends KeyquorumError {
  constructor() {
    super("UNAVAILABLE", "killed");
  }
}

export type FrostNode = {
  readonly slot: number;
  /** Durable: by nonce. */
  readonly disk: Map<Hash32, SigningShareMarker>;
  readonly context: SigningContext;
  readonly newestBoots: Map<number, BootId>;
  /** What it is asked about: known to it, and whether it permits it. */
  readonly rules: { permits: boolean; asked: number };
  /** May be replaced: what its clocks say. */
  clock: SigningClock;
  boot: BootId;
  life: number;
  signer: FrostSigner;
  /** What others are answered. */
  answers: FrostAnswers;
  readonly admitBoot: SignerPorts["admitBoot"];
  readonly ports: SignerPorts;
  readonly nonces: () => NonceSource;
  restart: () => void;
};

export const createFrostNode = (input: {
  readonly slot: number;
  readonly members: readonly number[];
  readonly keyring: ReturnType<typeof createSigningKeyring>;
  readonly shareAt: (slot: number) => bigint;
  readonly requests: readonly SigningRequest[];
  readonly dice: Dice;
  readonly clock: SigningClock;
  /** Chance that a write kills it, before or after it is durable. */
  readonly crash?: () => number;
  /** Milliseconds that an authorisation takes. */
  readonly think?: () => Promise<void>;
}): FrostNode => {
  const { slot, members, keyring, shareAt, requests, dice, crash = () => 0, think = async () => undefined } = input;
  const disk = new Map<Hash32, SigningShareMarker>();
  const newestBoots = new Map<number, BootId>();
  const rules = { permits: true, asked: 0 };
  const context: SigningContext = {
    epoch: EPOCH,
    slot,
    members,
    sign: (message) => {
      if (message.slot !== slot) throw new RangeError("its own name");
      return keyring.sign(message);
    },
    isSignedBy: (message, signature) => members.includes(message.slot) && keyring.isSignedBy(message, signature),
  };
  const admitBoot: SignerPorts["admitBoot"] = async (_epoch, from, boot) => {
    if (!isCurrentBoot(boot, newestBoots.get(from))) throw new KeyquorumError("OLDER_BOOT");
    newestBoots.set(from, boot);
  };
  let source = nonceSourceOf(dice.bytes);
  const start = (count: number): { readonly boot: BootId; readonly signer: FrostSigner; readonly ports: SignerPorts } => {
    const boot = bootIdOf({ count, id: dice.bytes(16) });
    const ports: SignerPorts = {
      boot,
      clock: { monotonic: () => node.clock.monotonic(), wall: () => node.clock.wall() },
      contextOf: async (epoch) => {
        if (epoch !== EPOCH) throw new KeyquorumError("EPOCH_NOT_SERVED");
        return context;
      },
      admitBoot,
      requestOf: async ({ requestId }) => {
        const found = requests.find((one) => one.requestId === requestId);
        if (found === undefined) throw new KeyquorumError("UNKNOWN_REQUEST");
        return found;
      },
      store: async (marker) => {
        if (dice.chance(crash() / 2)) throw new Killed();
        if (disk.has(marker.nonceId)) throw new KeyquorumError("SIGNING_CONFLICT");
        disk.set(marker.nonceId, marker);
        if (dice.chance(crash() / 2)) throw new Killed();
      },
      shareOf: async () => SecretScalar.from(shareAt(slot)),
      randomOf: (use) => source({ ...use, purpose: "signing-nonce" }),
    };
    const signer = createFrostSigner(async () => {
      rules.asked += 1;
      await think();
      if (!rules.permits) throw new KeyquorumError("ACCESS_DENIED");
    }, ports);
    return { boot, signer, ports };
  };
  const node: FrostNode = {
    slot,
    disk,
    context,
    newestBoots,
    rules,
    clock: input.clock,
    life: 1,
    admitBoot,
    nonces: () => source,
    ...({} as Pick<FrostNode, "boot" | "signer" | "answers" | "ports">), // right below
    restart: () => {
      node.life += 1;
      source = nonceSourceOf(dice.bytes);
      begin();
    },
  };
  const begin = (): void => {
    const begun = start(node.life);
    Object.assign(node, begun, { answers: begun.signer });
  };
  begin();
  return node;
};
