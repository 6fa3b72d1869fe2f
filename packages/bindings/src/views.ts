import type { ContractTransactionResponse, FunctionFragment, Interface, Result } from "ethers";
import type { Contracts } from "./connect.ts";
import { type ContractName, interfaceOf } from "./contracts.ts";
import { atDeployment, type Deployment } from "./deployment.ts";

/** Calls a contract and gives what it returned. All are 0x hex. Rejects where it reverted, or could not be asked. */
export type AskContract = (to: string, data: string) => Promise<string>;

/** A function that only reads, as it is called; never for one that is sent, and for what no contract has. */
type View<Member> = Member extends { readonly fragment: FunctionFragment }
  ? Member extends (...args: infer Args) => infer Given
    ? Given extends Promise<ContractTransactionResponse>
      ? never
      : (...args: Args) => Given
    : never
  : never;

/** The functions of a contract that only read, with the types that a connected contract has. */
type ViewsOf<Contract> = { readonly [Name in keyof Contract as View<Contract[Name]> extends never ? never : Name]: View<Contract[Name]> };

/** What the contracts of one deployment can be asked. */
export type ContractViews = { readonly [N in ContractName]: ViewsOf<Contracts[N]> };

/**
 * The contracts of a deployment as questions. What is needed to write and read each is made once for all deployments and blocks, so this costs almost
 * nothing: connecting contracts costs milliseconds. Addresses are taken as hex only. Reading one that an older deployment does not have throws
 * MissingContractError.
 */
export const viewsOf = (deployment: Deployment, ask: AskContract): ContractViews =>
  atDeployment(deployment, (to, name) =>
    Object.assign(Object.create(questionsOf(name)) as object, { to, ask }),
  ) as unknown as ContractViews; // true: each by its own interface

type Asked = { readonly to: string; readonly ask: AskContract };
type Questions = Readonly<Record<string, (this: Asked, ...args: readonly unknown[]) => Promise<unknown>>>;

const made = new Map<ContractName, Questions>();

const questionsOf = (name: ContractName): Questions => {
  const known = made.get(name);
  if (known !== undefined) return known;
  const abi = interfaceOf(name) as unknown as Interface; // true: each contract's interface is one
  const questions: Record<string, Questions[string]> = {};
  abi.forEachFunction((fragment) => {
    if (fragment.constant) questions[fragment.name] = questionOf(abi, fragment);
  });
  made.set(name, questions);
  return questions;
};

const questionOf = (abi: Interface, fragment: FunctionFragment): Questions[string] =>
  async function (this: Asked, ...args) {
    const returned = await this.ask(this.to, abi.encodeFunctionData(fragment, args));
    const results: Result = abi.decodeFunctionResult(fragment, returned);
    return results.length === 1 ? (results[0] as unknown) : results;
  };
