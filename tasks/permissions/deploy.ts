import { relative } from "node:path";
import type { Deployment } from "@keyquorum/bindings";
import {
  type DeployedPolicy,
  deployAllOf,
  deployAnyOf,
  deployContextGrants,
  deployMerkleAllowList,
  deployModuleGrants,
  deployNot,
  deployServiceAgreement,
  deploySubscription,
  deployTimeWindow,
  deployTokenHolders20,
  deployTokenHolders721,
  deployTokenHolders1155,
} from "@keyquorum/bindings/policies";
import { checksumAddress, parseAddress } from "@keyquorum/wire";
import type { Signer } from "ethers";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { recordBook } from "../secret/book.ts";
import { UsageError } from "../usageError.ts";
import { isPolicyKind, POLICY_KINDS, type PolicyKind } from "./kinds.ts";

type Options = {
  readonly token: string | undefined;
  readonly minimum: string | undefined;
  readonly id: string | undefined;
  readonly parts: string | undefined;
  readonly seller: string | undefined;
};
type Setting = { readonly signer: Signer; readonly deployment: Deployment; readonly options: Options };

/** Each kind: the options that it takes, and its deployment. */
const KINDS: Readonly<
  Record<
    PolicyKind,
    { readonly takes: readonly (keyof Options)[]; readonly deploy: (setting: Setting) => Promise<DeployedPolicy<unknown>> }
  >
> = {
  erc20: { takes: ["token", "minimum"], deploy: ({ signer, options }) => deployTokenHolders20(signer, holding(options)) },
  erc721: { takes: ["token", "minimum"], deploy: ({ signer, options }) => deployTokenHolders721(signer, holding(options)) },
  erc1155: {
    takes: ["token", "minimum", "id"],
    deploy: ({ signer, options }) => deployTokenHolders1155(signer, { ...holding(options), id: amountOf("id", needed("id", options)) }),
  },
  "time-window": { takes: [], deploy: ({ signer, deployment }) => deployTimeWindow(signer, deployment) },
  merkle: { takes: [], deploy: ({ signer, deployment }) => deployMerkleAllowList(signer, deployment) },
  subscription: { takes: [], deploy: ({ signer, deployment }) => deploySubscription(signer, deployment) },
  context: { takes: [], deploy: ({ signer, deployment }) => deployContextGrants(signer, deployment) },
  modules: { takes: [], deploy: ({ signer, deployment }) => deployModuleGrants(signer, deployment) },
  service: {
    takes: ["seller"],
    deploy: async ({ signer, deployment, options: { seller } }) =>
      deployServiceAgreement(
        signer,
        deployment,
        seller === undefined ? await signer.getAddress() : parseArgument("--seller", seller, parseAddress),
      ),
  },
  "all-of": { takes: ["parts"], deploy: ({ signer, options }) => deployAllOf(signer, partsOf(options)) },
  "any-of": { takes: ["parts"], deploy: ({ signer, options }) => deployAnyOf(signer, partsOf(options)) },
  not: {
    takes: ["parts"],
    deploy: ({ signer, options }) => {
      const [part, ...others] = partsOf(options);
      if (part === undefined || others.length > 0) throw new UsageError("not takes one address in --parts.");
      return deployNot(signer, part);
    },
  },
};

const OPTIONS = ["token", "minimum", "id", "parts", "seller"] as const satisfies readonly (keyof Options)[];

/** Deploys a permissions contract. */
export default command<CommonArguments & Options & { readonly kind: string }>(async (args, context) => {
  if (!isPolicyKind(args.kind)) throw new UsageError(`Unknown kind ${args.kind}; use one of ${POLICY_KINDS.join(", ")}.`);
  const kind = KINDS[args.kind];
  const foreign = OPTIONS.find((option) => args[option] !== undefined && !kind.takes.includes(option));
  if (foreign !== undefined) throw new UsageError(`${args.kind} takes no --${foreign}.`);
  const deployment = await context.deployment();
  const { signer } = await context.signing();
  const { address, gasUsed, transactionHash } = await context.transactions.whileWaiting(kind.deploy({ signer, deployment, options: args }));
  const { terminal } = context;
  const shown = checksumAddress(parseAddress(address));
  terminal.print(`${args.kind} is at ${shown} (${gasUsed.toLocaleString("en")} gas).`);
  if (args.kind === "modules") {
    const { file, former } = await recordBook(context, address);
    terminal.print(`Recorded in ${relative(process.cwd(), file)}, where secret put looks.`);
    if (former !== undefined)
      terminal.print(
        `In the place of ${checksumAddress(former)}, which goes on deciding about its secrets: secret list and module diff show them with --grants.`,
      );
    terminal.print("Next: npx hardhat keyquorum secret put NAME --stdin --module FILE --runner ADDRESS");
    return { kind: args.kind, address, gasUsed, transaction: transactionHash };
  }
  terminal.print(`Next: npx hardhat keyquorum document publish FILE --permissions ${shown}`);
  terminal.print(`   or: npx hardhat keyquorum permissions move <document> ${shown}`);
  return { kind: args.kind, address, gasUsed, transaction: transactionHash };
});

const needed = (name: keyof Options, options: Options): string => {
  const value = options[name];
  if (value === undefined) throw new UsageError(`--${name} is needed for this kind.`);
  return value;
};

const amountOf = (name: string, text: string): bigint => {
  if (!/^[0-9]{1,78}$/.test(text)) throw new UsageError(`--${name} is a whole number.`);
  return BigInt(text);
};

const holding = (options: Options) => ({
  token: parseArgument("--token", needed("token", options), parseAddress),
  minimum: amountOf("minimum", options.minimum ?? "1"),
});

const partsOf = (options: Options): readonly string[] =>
  needed("parts", options)
    .split(",")
    .map((part) => parseArgument("--parts", part.trim(), parseAddress));
