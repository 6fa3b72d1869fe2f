import { Interface, type Result } from "ethers";
import { IAccessManaged__factory } from "../../../typechain-types/factories/@openzeppelin/contracts/access/manager/IAccessManaged__factory.ts";
import { CONTRACT_FACTORIES, CONTRACT_NAMES, type ContractName } from "./contracts.ts";
import { sentenceOf } from "./errorSentences.ts";
import { INHERITED_ERRORS } from "./inheritedErrors.ts";
import { plain } from "./plain.ts";
import { revertDataOf } from "./revertData.ts";
import { PARITY_ERRORS, POLICY_ERRORS, SIGNING_ERRORS } from "./userContractErrors.ts";

/**
 * A custom error of a contract. Public. `contract` "solidity": the compiler's own Panic. "openzeppelin": code that our contracts inherit.
 * "policies": a permissions contract of contracts/policies; "parity": one of contracts/parity; "signing": rules of contracts/rules, or a SchnorrAccount. Where several contracts refuse with the same error, it is the first of
 * CONTRACT_NAMES that has it: which one was called, the caller knows.
 */
export type DecodedContractError = {
  readonly contract: ContractName | "policies" | "parity" | "signing" | "openzeppelin" | "solidity";
  readonly name: string;
  readonly args: readonly unknown[];
  /** One sentence: what happened and what to do. */
  readonly sentence: string;
};

/**
 * Reads the custom error of any of our contracts out of what ethers, chain's Rpc or a node threw, or out of the revert data itself.
 * Undefined when there is none. Texts are never read (D28): only revert data.
 */
export const decodeContractError = (error: unknown): DecodedContractError | undefined => {
  const data = revertDataOf(error);
  if (data === undefined) return undefined;
  for (const { contract, abi } of errorInterfaces()) {
    const parsed = parse(abi, data);
    if (parsed === null) continue;
    if (parsed.signature === "Error(string)") return undefined; // ethers knows it everywhere; its text is anybody's
    const sentence = sentenceOf(parsed.name, namedArguments(parsed.args)) ?? `The contract refused with ${parsed.name}.`;
    return { contract, name: parsed.name, args: parsed.args.map(plain), sentence };
  }
  return undefined;
};

type ErrorInterface = { readonly contract: DecodedContractError["contract"]; readonly abi: Interface };
let made: readonly ErrorInterface[] | undefined;

const errorInterfaces = (): readonly ErrorInterface[] => {
  // Panic first: ethers would read it with every ABI, but without the name of its argument.
  made ??= [
    { contract: "solidity" as const, abi: new Interface(["error Panic(uint256 code)"]) },
    ...CONTRACT_NAMES.map((contract) => ({ contract, abi: new Interface(errorsOf(CONTRACT_FACTORIES[contract].abi)) })),
    { contract: "accessManager" as const, abi: new Interface(errorsOf(IAccessManaged__factory.abi)) },
    { contract: "openzeppelin" as const, abi: new Interface(INHERITED_ERRORS) },
    { contract: "policies" as const, abi: new Interface(POLICY_ERRORS) },
    { contract: "parity" as const, abi: new Interface(PARITY_ERRORS) },
    { contract: "signing" as const, abi: new Interface(SIGNING_ERRORS) },
  ];
  return made;
};

const errorsOf = (abi: readonly { readonly type: string }[]) => abi.filter((entry) => entry.type === "error");

const parse = (abi: Interface, data: string) => {
  try {
    return abi.parseError(data);
  } catch {
    return null; // the selector is known but the arguments do not decode: not an error of ours
  }
};

const namedArguments = (args: Result): Readonly<Record<string, unknown>> =>
  args.length === 0 ? {} : (plain<unknown>(args) as Readonly<Record<string, unknown>>);
