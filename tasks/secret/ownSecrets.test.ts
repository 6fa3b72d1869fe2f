import type { IModuleGrants } from "@keyquorum/bindings/policies";
import type { Address } from "@keyquorum/wire";
import { expect } from "chai";
import { UsageError } from "../usageError.ts";
import { ownSecretsOfAllBooks } from "./ownSecrets.ts";

const account = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
const GRANT = { module: `0x${"ab".repeat(32)}`, runner: account("7"), until: 9n };

describe("An owner's secrets", () => {
  it("are found under every book, whichever is recorded; documents of other contracts are told apart, and a failure is none of these", async () => {
    const documents = [
      { document: "0x01", permissions: account("a") },
      { document: "0x02", permissions: account("b") },
      { document: "0x03", permissions: account("c") },
      { document: "0x04", permissions: account("a") },
    ];
    const context = { client: async () => ({ listDocuments: async () => documents }), signal: new AbortController().signal } as never; // what is used of it
    const connect = async (address: Address): Promise<IModuleGrants> => {
      if (address === account("c")) throw new UsageError("It is not a ModuleGrants contract.");
      return { getAddress: async () => address, grantsOf: async () => [GRANT] } as never; // what is used of it
    };
    const { books, others } = await ownSecretsOfAllBooks(context, account("1"), connect);
    const found = await Promise.all(
      books.map(async ({ book, secrets }) => [
        await book.getAddress(),
        ...secrets.map(({ summary, grants }) => [summary.document, grants.length]),
      ]),
    );
    expect(found).to.deep.equal([
      [account("a"), ["0x01", 1], ["0x04", 1]],
      [account("b"), ["0x02", 1]],
    ]);
    expect(others.map(({ document }) => document)).to.deep.equal(["0x03"]);
    const away = await ownSecretsOfAllBooks(context, account("1"), () => Promise.reject(new Error("The RPC is away."))).catch(String);
    expect(away).to.include("The RPC is away");
  });
});
