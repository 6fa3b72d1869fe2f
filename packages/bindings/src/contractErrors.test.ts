import { expect } from "chai";
import { Interface, makeError, type ParamType } from "ethers";
import { factories } from "../../../typechain-types/index.ts";
import { decodeContractError } from "./contractErrors.ts";
import { CONTRACT_SENTENCES } from "./contractSentences.ts";
import { CONTRACT_NAMES, interfaceOf } from "./contracts.ts";
import { INHERITED_SENTENCES } from "./errorSentences.ts";
import { INHERITED_ERRORS } from "./inheritedErrors.ts";
import { revertDataOf } from "./revertData.ts";
import { PARITY_ERRORS, POLICY_ERRORS, SIGNING_ERRORS } from "./userContractErrors.ts";

type Entry = {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly { readonly name: string; readonly type: string }[];
};

type Folder = Readonly<Record<string, unknown>>;

/** The ABIs of a folder of generated factories, without what is in its folders. */
const abisOf = (folder: Folder): readonly (readonly Entry[])[] =>
  Object.values(folder).flatMap((factory) => (typeof factory === "function" && "abi" in factory ? [factory.abi as readonly Entry[]] : []));
const errorsOf = (abis: readonly (readonly Entry[])[]): ReadonlyMap<string, Entry> =>
  new Map(
    abis
      .flat()
      .filter(({ type }) => type === "error")
      .map((entry) => [entry.name ?? "", entry]),
  );

const { contracts } = factories;
const manager = factories.openzeppelin.contracts.access.manager;
const interfaces = abisOf(contracts.interfaces);
/** Of everything that is deployed, whatever it inherits. What `eth_call` alone runs is deployed nowhere. */
const errors = errorsOf([
  ...abisOf(Object.fromEntries(Object.entries(contracts).filter(([name]) => name !== "SimulatedSignature__factory"))),
  ...abisOf(contracts.policies),
  ...abisOf(contracts.parity),
  ...abisOf(contracts.rules),
  ...interfaces,
  ...abisOf(manager),
]);

/** A value that every decoder takes, and that would look odd in a sentence if it were not the right argument. */
const sampleOf = (type: ParamType): unknown => {
  if (type.baseType === "address") return `0x${"a1".repeat(20)}`;
  if (type.baseType === "string") return "some text";
  if (type.baseType.startsWith("bytes")) return `0x${"b2".repeat(Number(type.baseType.slice(5)))}`;
  return 1n;
};
const encoded = (name: string, abi: Interface): string => {
  const fragment = abi.getError(name);
  if (fragment === null) throw new Error(`no ${name}`);
  return abi.encodeErrorResult(fragment, fragment.inputs.map(sampleOf));
};
const requests = interfaceOf("shareRequests");
const denied = requests.encodeErrorResult("RequestDenied", [`0x${"d0".repeat(32)}`, `0x${"b0".repeat(20)}`]);

const sentences = { ...CONTRACT_SENTENCES, ...INHERITED_SENTENCES };

describe("contractErrors", () => {
  it("knows every interface and its errors", () => {
    expect(interfaces.length).to.be.at.least(15);
    expect(errors.size).to.be.at.least(130);
  });

  it("lists as inherited, a policy's, Parity's or of signing exactly what no interface of the deployment has", () => {
    const listed = [...INHERITED_ERRORS, ...POLICY_ERRORS, ...PARITY_ERRORS, ...SIGNING_ERRORS].map((text) =>
      new Interface([text]).fragments[0]?.format("full"),
    );
    const { IAccessManager__factory, IAccessManaged__factory } = manager;
    const known = errorsOf([
      ...CONTRACT_NAMES.map((name) => JSON.parse(interfaceOf(name).formatJson()) as readonly Entry[]),
      ...[IAccessManager__factory.abi, IAccessManaged__factory.abi],
    ]);
    const missing = [...errors.values()].filter(({ name = "" }) => !known.has(name));
    expect(listed).to.have.members(missing.map((entry) => new Interface([entry as never]).fragments[0]?.format("full")));
  });

  for (const [name, entry] of errors) {
    it(`has a sentence for ${name}`, () => {
      const decoded = decodeContractError(encoded(name, new Interface([entry as never])));
      expect(decoded?.name).to.equal(name);
      expect(decoded?.args).to.have.length(entry.inputs?.length ?? 0);
      expect(sentences).to.have.property(name);
      expect(decoded?.sentence).to.match(/^[^\n]{20,300}\.$/);
      expect(decoded?.sentence).not.to.match(/undefined|NaN|\[object|[{}`]/);
    });
  }

  it("has no sentence for an error that is gone", () => {
    expect(Object.keys(sentences).filter((name) => name !== "Panic" && !errors.has(name))).to.deep.equal([]);
  });

  it("says whose error it is, with the arguments in plain form", () => {
    expect(decodeContractError(denied)).to.deep.include({
      contract: "shareRequests",
      name: "RequestDenied",
      args: [`0x${"d0".repeat(32)}`, `0x${"b0".repeat(20)}`],
    });
    const unauthorized = encoded("AccessManagedUnauthorized", new Interface(manager.IAccessManaged__factory.abi));
    expect(decodeContractError(unauthorized)?.contract).to.equal("accessManager");
  });

  it("names the status that an error carries", () => {
    const data = interfaceOf("keyGeneration").encodeErrorResult("KeyGenerationWrongStatus", [`0x${"11".repeat(32)}`, 7]);
    expect(decodeContractError(data)?.sentence).to.contain("Overdue");
  });

  it("reads the compiler's Panic", () => {
    expect(decodeContractError(`0x4e487b71${"11".padStart(64, "0")}`)).to.deep.include({
      contract: "solidity",
      name: "Panic",
      args: [17n],
    });
  });

  const nested: readonly (readonly [string, unknown])[] = [
    ["data", { data: denied }],
    ["info.error.data", { info: { error: { data: denied } } }],
    ["error.data", { error: { data: denied } }],
    ["error.error.data", { error: { error: { data: denied } } }],
    ["data.data", { data: { data: denied, message: "reverted" } }],
    ["cause", new Error("outer", { cause: Object.assign(new Error("inner"), { data: denied }) })],
    [
      "what ethers throws",
      makeError("execution reverted", "CALL_EXCEPTION", {
        action: "call",
        data: denied,
        reason: null,
        transaction: { to: null, data: "0x" },
        invocation: null,
        revert: null,
      }),
    ],
  ];
  for (const [where, error] of nested) {
    it(`finds revert data in ${where}`, () => expect(decodeContractError(error)?.name).to.equal("RequestDenied"));
  }

  const nothing: readonly (readonly [string, unknown])[] = [
    ["undefined", undefined],
    ["an error without data", new Error(`reverted with ${denied}`)],
    ["empty data", { data: "0x" }],
    ["an unknown selector", { data: "0xdeadbeef" }],
    ["a known selector with cut arguments", { data: denied.slice(0, -2) }],
    ["what was sent", { transaction: { data: denied } }],
    ["Error(string): a text that a hostile contract wrote", { data: `0x08c379a0${"00".repeat(64)}` }],
  ];
  for (const [what, error] of nothing) {
    it(`finds nothing in ${what}`, () => expect(decodeContractError(error)).to.equal(undefined));
  }

  it("does not run away on circular errors", () => {
    const circular: { error?: unknown } = {};
    circular.error = circular;
    expect(revertDataOf(circular)).to.equal(undefined);
  });
});
