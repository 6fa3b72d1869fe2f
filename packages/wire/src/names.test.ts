import { G } from "@keyquorum/threshold";
import { expect } from "chai";
import { AbiCoder, id, keccak256 } from "ethers";
import { alice, contractNamed, domain, hashNamed, keyId, readerKey } from "./actors.test.ts";
import { bytesToHex } from "./hex.ts";
import { type DocumentId, type RequestId, ZERO_HASH } from "./ids.ts";
import { answerContextOf, answerHashOf, documentIdOf, epochKeyMessageOf, keyIdOf, labelOf, requestIdOf } from "./names.ts";

/** Solidity's view of the same preimage: `abi.encode` by ethers, an implementation of its own. */
const abi = (types: readonly string[], values: readonly unknown[]): string => keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
const tag = (name: string): string => id(`keyquorum/v1/${name}`);
const xy = (point: typeof G): bigint[] => Object.values(point.toAffine());

const chainId = domain.chainId;
const registry = contractNamed("registry");
const salt = hashNamed("salt");
const document = documentIdOf(alice.address, salt);
const headerHash = hashNamed("header");
const requestId = hashNamed("request") as RequestId;

describe("Names are what Solidity computes (PROTOCOL 1.1)", () => {
  it("keyIdOf (3.1)", () => {
    expect(keyIdOf({ chainId, keyGeneration: registry, requester: alice.address, salt })).to.equal(
      abi(["bytes32", "uint256", "address", "address", "bytes32"], [tag("key"), chainId, registry, alice.address, salt]),
    );
  });

  it("documentIdOf (4.1)", () => {
    expect(document).to.equal(abi(["address", "bytes32"], [alice.address, salt]));
  });

  it("labelOf (4.1)", () => {
    const label = labelOf({
      chainId,
      documentRegistry: registry,
      keyId,
      document,
      owner: alice.address,
      initialPermissions: contractNamed("permissions"),
    });
    expect(bytesToHex(label)).to.equal(
      abi(
        ["bytes32", "uint256", "uint256", "address", "bytes32", "bytes32", "address", "address"],
        [tag("label"), 1, chainId, registry, keyId, document, alice.address, contractNamed("permissions")],
      ),
    );
  });

  it("requestIdOf (5.1)", () => {
    const statement = {
      number: 7n,
      document: document as DocumentId,
      headerHash,
      requester: alice.address,
      readerKey,
      contextHash: ZERO_HASH,
    };
    expect(requestIdOf({ chainId, shareRequests: registry, statement })).to.equal(
      abi(
        ["bytes32", "uint256", "address", "uint64", "bytes32", "bytes32", "address", "uint256", "uint256", "bytes32"],
        [tag("request"), chainId, registry, 7, document, headerHash, alice.address, ...xy(G.multiply(987654321n)), ZERO_HASH],
      ),
    );
  });

  it("epochKeyMessageOf (6.2)", () => {
    expect(bytesToHex(epochKeyMessageOf({ chainId, registry, epoch: 3, slot: 5, operator: alice.address }))).to.equal(
      abi(["bytes32", "uint256", "address", "uint32", "uint8", "address"], [tag("epoch-key"), chainId, registry, 3, 5, alice.address]),
    );
  });

  it("answerContextOf (5.2)", () => {
    expect(bytesToHex(answerContextOf({ headerHash, requestId, keyId, epoch: 3, slot: 5 }))).to.equal(
      abi(["bytes32", "bytes32", "bytes32", "bytes32", "uint32", "uint8"], [tag("share"), headerHash, requestId, keyId, 3, 5]),
    );
  });

  it("answerHashOf (5.4)", () => {
    const [k, v] = [G.multiply(2n), G.multiply(3n)];
    expect(answerHashOf({ k, v, c: 4n, zs: 5n, zk: 6n })).to.equal(abi(Array(7).fill("uint256"), [...xy(k), ...xy(v), 4n, 5n, 6n]));
  });
});
