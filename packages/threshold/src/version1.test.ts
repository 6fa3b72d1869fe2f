// The bytes of version 1. They never change: whoever breaks this test makes another version.
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { answersOf, contextOf, keyPair, LABEL, name32, network, sealed, seededRandom } from "../test/fixtures.ts";
import { repairOf } from "../test/repair.ts";
import { reshareOf } from "../test/reshare.ts";
import { VERSION_1 } from "../test/version1.ts";
import { keyShiftOf } from "./dkg/assemble.ts";
import { createComplaint } from "./dkg/complaint.ts";
import { dealHashOf, parseDealing, restHashOf } from "./dkg/dealing.ts";
import { openShare } from "./dkg/open.ts";
import { complaintContext, dealingMessage } from "./dkg/transcript.ts";
import { verifyDleq } from "./dleq.ts";
import { DOMAINS } from "./domains.ts";
import { parsePoint } from "./parsePoint.ts";
import { encodePoint, SECOND_BASE } from "./point.ts";
import { openContribution } from "./repair/contribution.ts";
import { parseRepairDealing } from "./repair/dealing.ts";
import { openRepairShare } from "./repair/open.ts";
import { encodeScalar } from "./scalar.ts";
import { provePossession } from "./schnorr.ts";
import { verifyCiphertext } from "./tdh2.ts";
import { encodeVesAnswer, parseVesAnswer, verifyShareAnswer } from "./ves.ts";

const net = network();
const alice = keyPair("alice");
const bob = keyPair("bob");
const { sid, bytes, dealings, members, secrets } = net.committee;
const { ciphertext, contentSecret } = sealed(net.jointKey);
const reshare = reshareOf({});
const reshared = reshare.keyShareOf(1);
const repair = repairOf({});
const hex = (...parts: Uint8Array[]): string => parts.map(bytesToHex).join("");

/** Domains that came with resharing and repair. */
const LATER_DOMAINS: readonly string[] = ["reshare", "reshareDealing", "reshareReady", "repair", "repairSession", "repairMessage"];
/** What extensions of keepers agree on keys with. */
const EXTENSION_DOMAINS: readonly string[] = ["agreement"];
/** Of keys that keepers make among themselves; frozen once a server key exists anywhere. */
const SERVER_KEY_DOMAINS: readonly string[] = ["serverKeySession"];
/** Of secrets for modules. */
const MODULE_DOMAINS: readonly string[] = ["module", "secret"];
/** Of ECDSA signatures by keepers. */
const ECDSA_DOMAINS: readonly string[] = ["pair", "deal", "round", "ecdsaSession", "ecdsaPad", "ecdsaDegree", "knDelta"];
/** Of Schnorr signatures by keepers. */
const FROST_DOMAINS: readonly string[] = ["derivation", "schnorrSignature", "frostCommitments", "frostBinding", "frostNonceId", "attempt"];
/** Of what keys sign, and of what keepers say while they do. */
const SIGNING_DOMAINS: readonly string[] = ["signingRequest", "signing"];
const NOT_FIRST = [
  LATER_DOMAINS,
  EXTENSION_DOMAINS,
  SERVER_KEY_DOMAINS,
  MODULE_DOMAINS,
  ECDSA_DOMAINS,
  FROST_DOMAINS,
  SIGNING_DOMAINS,
].flat();
const tagsOf = (isMeant: (name: string) => boolean): Uint8Array[] =>
  Object.entries(DOMAINS).flatMap(([name, tag]) => (isMeant(name) ? [tag.slice(0, 4)] : []));

/** Everything that is frozen, as this code makes it. */
const made = (): Record<keyof typeof VERSION_1, string> => {
  const [share] = net.shares;
  const [dealing, encryptionSecret] = [dealings[0], secrets[1]];
  const [answer] = answersOf(net, [1], ciphertext.u, bob.publicKey);
  if (share === undefined || dealing === undefined || encryptionSecret === undefined || answer === undefined) throw new Error("no network");
  const possession = provePossession(alice.secret, name32("message"), seededRandom("possession"));
  const encryptionKey = members[1]?.encryptionKey as (typeof members)[number]["encryptionKey"];
  const complaint = createComplaint({ sid, dealer: 1, recipient: 2, encryptionSecret, encryptionKey, dealing }, seededRandom("complaint"));
  return {
    secondBase: hex(encodePoint(SECOND_BASE)),
    domains: hex(...tagsOf((name) => !NOT_FIRST.includes(name))),
    laterDomains: hex(...tagsOf((name) => LATER_DOMAINS.includes(name))),
    extensionDomains: hex(...tagsOf((name) => EXTENSION_DOMAINS.includes(name))),
    serverKeyDomains: hex(...tagsOf((name) => SERVER_KEY_DOMAINS.includes(name))),
    moduleDomains: hex(...tagsOf((name) => MODULE_DOMAINS.includes(name))),
    ecdsaDomains: hex(...tagsOf((name) => ECDSA_DOMAINS.includes(name))),
    frostDomains: hex(...tagsOf((name) => FROST_DOMAINS.includes(name))),
    signingDomains: hex(...tagsOf((name) => SIGNING_DOMAINS.includes(name))),
    possession: hex(encodeScalar(possession.c), encodeScalar(possession.z)),
    dealing: hex(bytes[0] as Uint8Array),
    dealHash: hex(dealHashOf(bytes[0] as Uint8Array)),
    restHash: hex(restHashOf(bytes[0] as Uint8Array)),
    dealingMessage: hex(dealingMessage(sid, 1, dealing.commitments, dealing.ephemeral)),
    complaintContext: hex(complaintContext(sid, 1, 2)),
    complaint: hex(encodePoint(complaint.shared), encodeScalar(complaint.proof.c), encodeScalar(complaint.proof.z)),
    shift: hex(encodeScalar(keyShiftOf({ sid, unshifted: alice.publicKey, blockHash: name32("block") }))),
    jointKey: hex(encodePoint(net.jointKey)),
    commitmentsHash: hex(share.commitmentsHash),
    verifyingRoot: hex(share.verifyingRoot),
    ciphertext: hex(encodePoint(ciphertext.u), encodePoint(ciphertext.uBar), encodeScalar(ciphertext.e), encodeScalar(ciphertext.f)),
    contentSecret: hex(contentSecret),
    answer: hex(encodeVesAnswer(answer.answer)),
    reshareDealing: hex(reshare.bytesOf(1)),
    resharedCommitmentsHash: hex(reshared.commitmentsHash),
    resharedVerifyingRoot: hex(reshared.verifyingRoot),
    repairSession: hex(repair.sid),
    repairDealing: hex(repair.bytes.get(1) as Uint8Array),
    contribution: hex(repair.contribute(1)),
  };
};

describe("version 1", () => {
  for (const [name, value] of Object.entries(made())) {
    it(`makes the same ${name}`, () => {
      expect(value).to.equal(VERSION_1[name as keyof typeof VERSION_1]);
    });
  }

  it("reads and accepts what it made once", () => {
    const dealing = parseDealing(hexToBytes(VERSION_1.dealing), { threshold: 2, members: 5 });
    expect(dealing.encryptedShares.length).to.equal(5);
    const jointKey = parsePoint(hexToBytes(VERSION_1.jointKey));
    const header = hexToBytes(VERSION_1.ciphertext);
    const scalarAt = (from: number): bigint => BigInt(`0x${bytesToHex(header.slice(from, from + 32))}`);
    const frozen = { u: parsePoint(header.slice(0, 33)), uBar: parsePoint(header.slice(33, 66)), e: scalarAt(66), f: scalarAt(98) };
    expect(verifyCiphertext({ publicKey: jointKey, label: LABEL }, frozen)).to.equal(true);
    const answer = parseVesAnswer(hexToBytes(VERSION_1.answer));
    const verifyingShare = net.shares[0]?.verifyingShares.get(1) as (typeof net)["jointKey"];
    expect(verifyShareAnswer({ verifyingShare, u: frozen.u, readerKey: bob.publicKey, context: contextOf("request", 1) }, answer)).to.equal(
      true,
    );
    expect(openShare(reshare.toOpen(1, 6, parseDealing(hexToBytes(VERSION_1.reshareDealing), reshare.shape))).kind).to.equal("valid");
    expect(openRepairShare(repair.toOpen(1, 3, parseRepairDealing(hexToBytes(VERSION_1.repairDealing), repair.shape))).kind).to.equal(
      "valid",
    );
    expect(openContribution(repair.toReceive(1, hexToBytes(VERSION_1.contribution))).kind).to.equal("valid");
    const evidence = hexToBytes(VERSION_1.complaint);
    const [image, c, z] = [parsePoint(evidence.slice(0, 33)), evidence.slice(33, 65), evidence.slice(65)] as const;
    const proof = { c: BigInt(`0x${bytesToHex(c)}`), z: BigInt(`0x${bytesToHex(z)}`) };
    const publicKey = members[1]?.encryptionKey as (typeof net)["jointKey"];
    expect(verifyDleq({ publicKey, base: dealing.ephemeral, image, context: complaintContext(sid, 1, 2) }, proof)).to.equal(true);
  });
});
