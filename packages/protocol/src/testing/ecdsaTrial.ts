/**
 * ECDSA signers in memory: a key of threshold t among n keepers, a network between them, liars where a test wants them. Everything comes from one seed.
 * Signatures are numbers that a keyring knows: what is tested is what is signed.
 */
import { backend, evaluatePolynomial, PairKeys, type Point, randomScalar, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, type KeyId, KeyquorumError, parseAddress } from "@keyquorum/wire";
import { signWithEcdsa } from "../signing/ecdsa/coordinator.ts";
import { ECDSA_KINDS, type EcdsaAnswers } from "../signing/ecdsa/messages.ts";
import type { EcdsaRelease, EcdsaRequest } from "../signing/ecdsa/ports.ts";
import type { EcdsaFault } from "../signing/ecdsa/run.ts";
import { createEcdsaSigner, type EcdsaSigner } from "../signing/ecdsa/signer.ts";
import type { BootId, SigningMessage } from "../signing/messages.ts";
import type { Authorise, SigningContext } from "../signing/ports.ts";
import { createDice, type Dice, nonceSourceOf } from "./random.ts";

export const DOMAIN = { chainId: 31337n, signingRequests: parseAddress(`0x${"51".repeat(20)}`) };
const REGISTRY = new Uint8Array(20).fill(1);
export const EPOCH = 3;
const hash = (bytes: Uint8Array): Hash32 => bytesToHex(bytes) as Hash32; // of 32 bytes

export type EcdsaTrialOptions = {
  readonly seed: number;
  readonly members: number;
  readonly threshold: number;
  readonly offset?: bigint;
  readonly authorise?: (slot: number) => Authorise;
  /** What this keeper sees of a request, where it is not what others see. */
  readonly seenBy?: (slot: number, request: EcdsaRequest) => EcdsaRequest;
  /** Before a release is durable. */
  readonly onStore?: (slot: number, release: EcdsaRelease) => Promise<void>;
  /** Presignatures of each key and coordinator. */
  readonly pool?: number;
};

/** What left a keeper, as its test sees it: never both of the last two in one session. */
export type EcdsaHistory = { readonly released: Map<Hash32, EcdsaRelease>; readonly agreed: Set<Hash32>; readonly opened: Set<Hash32> };

export type EcdsaNode = {
  readonly slot: number;
  readonly history: EcdsaHistory;
  readonly context: SigningContext;
  readonly pairKeys: PairKeys;
  boot: BootId;
  own: EcdsaSigner;
  /** What others are answered: its signer, or what a liar makes of that. */
  answers: EcdsaAnswers;
  /** Another life: nothing of the memory is left. */
  readonly restart: () => void;
};

/** Signatures that cannot be forged, without arithmetic: a number for every statement that a slot signed. */
const createSigningKeyring = () => {
  const signed = new Map<string, number>();
  const nameOf = ({ kind, requestId, attempt, epoch, slot, boot, content }: SigningMessage): string =>
    [kind, requestId, attempt, epoch, slot, boot, content === 0 ? 0 : bytesToHex(content)].join();
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

export const createEcdsaTrial = (options: EcdsaTrialOptions) => {
  const { seed, members: count, threshold, offset = 0n } = options;
  const dice: Dice = createDice(seed);
  const clock = { monotonic: 1_000_000, wall: 50_000_000 };
  const keyring = createSigningKeyring();
  const slots = Array.from({ length: count }, (_, i) => i + 1);
  const coefficients = Array.from({ length: threshold + 1 }, () => randomScalar(dice.bytes));
  const shareAt = (slot: number): bigint => evaluatePolynomial(coefficients, BigInt(slot));
  const verifyingShares: ReadonlyMap<number, Point> = new Map(slots.map((slot) => [slot, backend.mulG(shareAt(slot))]));
  const masterKey = backend.mulG(coefficients[0] as bigint);
  const publicKey = backend.normalize([backend.add(masterKey, backend.mulG(offset))])[0] as Point;
  const secrets = slots.map((slot) => ({ slot, secret: SecretScalar.from(randomScalar(dice.bytes)) }));
  const epochMembers = secrets.map(({ slot, secret }) => ({ slot, encryptionKey: backend.mulG(secret.reveal()) }));
  const keyId = hash(dice.bytes(32)) as KeyId;
  const newRequest = (): EcdsaRequest => ({
    ...{ requestId: hash(dice.bytes(32)), keyId, epoch: EPOCH, digest: dice.bytes(32), blockHash: dice.bytes(32) },
    ...{ offset, publicKey, threshold, verifyingShares },
  });
  const requests = new Map<Hash32, EcdsaRequest>();
  const request = newRequest();
  requests.set(request.requestId, request);
  const boots = new Map<number, number>();

  const nodes = secrets.map(({ slot, secret }): EcdsaNode => {
    const pairKeys = PairKeys.derive({
      chainId: 31337n,
      registry: REGISTRY,
      epoch: EPOCH,
      members: epochMembers,
      slot,
      encryptionSecret: secret,
    });
    const history: EcdsaHistory = { released: new Map(), agreed: new Set(), opened: new Set() };
    const context: SigningContext = {
      epoch: EPOCH,
      ...{ slot, members: slots },
      sign: (message) => {
        if (message.kind === ECDSA_KINDS.agreement) history.agreed.add(message.attempt as Hash32);
        if (message.kind === ECDSA_KINDS.opening) history.opened.add(message.attempt as Hash32);
        return keyring.sign(message);
      },
      isSignedBy: keyring.isSignedBy,
    };
    const start = (): { readonly boot: BootId; readonly own: EcdsaSigner } => {
      const life = (boots.get(slot) ?? 0) + 1;
      boots.set(slot, life);
      const boot = `0x${life.toString(16).padStart(32, "0")}${bytesToHex(dice.bytes(16)).slice(2)}` as BootId;
      const nonces = nonceSourceOf(dice.bytes);
      const own = createEcdsaSigner(options.authorise?.(slot) ?? (() => Promise.resolve()), {
        boot,
        clock: { monotonic: () => clock.monotonic, wall: () => clock.wall },
        domain: DOMAIN,
        contextOf: () => Promise.resolve(context),
        admitBoot: () => Promise.resolve(),
        requestOf: ({ requestId }) => {
          const found = requests.get(requestId);
          return found === undefined
            ? Promise.reject(new KeyquorumError("SIGNING_NOT_FINAL"))
            : Promise.resolve(options.seenBy?.(slot, found) ?? found);
        },
        pairKeysOf: () => Promise.resolve(pairKeys),
        store: async (release) => {
          await options.onStore?.(slot, release);
          if (history.released.has(release.session)) throw new KeyquorumError("SIGNING_CONFLICT");
          history.released.set(release.session, release);
        },
        shareOf: () => Promise.resolve(SecretScalar.from(shareAt(slot))),
        randomOf: (use) => nonces({ ...use, purpose: "ecdsa-deal" }),
        ...(options.pool === undefined ? {} : { pool: { most: options.pool, keyOf: () => Promise.resolve({ threshold }) } }),
      });
      return { boot, own };
    };
    const first = start();
    const node: EcdsaNode = {
      ...{ slot, history, context, pairKeys, boot: first.boot, own: first.own, answers: first.own },
      restart: () => {
        const { boot, own } = start();
        node.own.stop();
        Object.assign(node, { boot, own, answers: own });
      },
    };
    return node;
  });
  const nodeAt = (slot: number): EcdsaNode => {
    const found = nodes.find((one) => one.slot === slot);
    if (found === undefined) throw new RangeError("a member");
    return found;
  };

  /** Ports of a coordinator at this slot. `faults` are collected. */
  const portsOf = (slot: number, about: EcdsaRequest = request) => {
    const faults: EcdsaFault[] = [];
    const node = nodeAt(slot);
    const nonces = nonceSourceOf(dice.bytes);
    const ports = {
      ...{ context: node.context, boot: node.boot, domain: DOMAIN, request: about },
      signer: (to: number): EcdsaAnswers => nodeAt(to).answers,
      admitBoot: () => Promise.resolve(),
      randomOf: (use: { readonly session: Uint8Array }) => nonces({ ...use, purpose: "ecdsa-session" }),
      onFault: (fault: EcdsaFault) => {
        faults.push(fault);
        return Promise.resolve();
      },
    };
    return { ports, faults };
  };

  /** 65 bytes that recover to S'. */
  const isRight = (signature: Uint8Array, about: EcdsaRequest = request): boolean =>
    backend.recover(about.digest, signature)?.equals(publicKey) === true;

  return {
    ...{ dice, clock, slots, nodes, nodeAt, keyring, request, requests, keyId, threshold, publicKey, shareAt, portsOf, isRight },
    addRequest: (change: Partial<EcdsaRequest> = {}): EcdsaRequest => {
      const added = { ...newRequest(), ...change };
      requests.set(added.requestId, added);
      return added;
    },
    sign: async (slot: number, about?: EcdsaRequest) => {
      const { ports, faults } = portsOf(slot, about);
      try {
        return { ...(await signWithEcdsa(ports)), code: "signed" };
      } catch (error) {
        if (!(error instanceof KeyquorumError)) throw error;
        return { code: error.code, details: error.details, faults, attempts: 0, signature: new Uint8Array(65) };
      }
    },
  };
};
export type EcdsaTrial = ReturnType<typeof createEcdsaTrial>;

/** A message of a liar: changed, and signed again. */
export const resigned = <Said extends { readonly signature: Uint8Array }>(
  trial: EcdsaTrial,
  said: Said,
  change: Partial<Said>,
  statement: (said: Said) => SigningMessage,
): Said => {
  const changed = { ...said, ...change };
  return { ...changed, signature: trial.keyring.sign(statement(changed)) };
};
export const bytesOf = (value: Hash32): Uint8Array => hexToBytes(value, 32);
