import { type DeployedParity, deployKeyServerSet, deployParityService, PARITY_SERVICES } from "@keyquorum/bindings/parity";
import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import { formatPrice } from "../fees/formatPrice.ts";
import { parsePrice } from "../fees/set.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";

type Options = {
  readonly keyServers: string | undefined;
  readonly fee: string | undefined;
  readonly maxPending: string | undefined;
  readonly requestBlocks: string | undefined;
};
const OPTIONS = ["keyServers", "fee", "maxPending", "requestBlocks"] as const satisfies readonly (keyof Options)[];

const DEFAULT_MAX_PENDING = 8;
/** A week of blocks of 12 s. */
const DEFAULT_REQUEST_BLOCKS = 50_400;

/** Deploys the contracts of docs/PARITY.md, and says what keepers' configurations name of them. */
export default command<CommonArguments & Options & { readonly what: string }>(async (args, context) => {
  if (args.what !== "server-set" && args.what !== "services") throw new UsageError(`Unknown ${args.what}; use server-set or services.`);
  if (args.what === "server-set" && OPTIONS.some((option) => args[option] !== undefined))
    throw new UsageError("server-set takes no options of its own: KeeperRegistry says who the key servers are.");
  const terms = args.what === "services" ? termsOf(args) : undefined;
  const deployment = await context.deployment();
  const { signer } = await context.signing();
  const { terminal, transactions } = context;
  const told = async (name: string, deploying: Promise<DeployedParity>): Promise<DeployedParity> => {
    const made = await transactions.whileWaiting(deploying);
    terminal.print(`${name} is at ${checksumAddress(parseAddress(made.address))} (${made.gasUsed.toLocaleString("en")} gas).`);
    return made;
  };
  const made = terms?.keyServers === undefined ? await told("The key server set", deployKeyServerSet(signer, deployment)) : undefined;
  const keyServers = made?.address ?? terms?.keyServers ?? "";
  const services: Record<string, DeployedParity> = {};
  if (terms !== undefined)
    for (const name of PARITY_SERVICES)
      services[name] = await told(`The service ${name}`, deployParityService(signer, deployment, name, { ...terms, keyServers }));
  terminal.print("\nKeepers serve them once the options of @keyquorum/parity/extension name them:");
  if (made !== undefined) terminal.print(`keyServerSet = "${made.address}"`);
  if (terms !== undefined) {
    const named = Object.values(services).map(({ address, block }) => `  { contract = "${address}", fromBlock = ${block} },`);
    terminal.print(["services = [", ...named, "]"].join("\n"));
    terminal.print(`\nA request costs ${formatPrice(terms.fee)}, exactly. Governance sets it with setFee.`);
  }
  return { keyServerSet: keyServers, services, ...(made === undefined ? {} : { transaction: made.transactionHash }) };
});

const termsOf = ({ keyServers, fee, maxPending, requestBlocks }: Options) => {
  if (fee === undefined)
    throw new UsageError("--fee is needed for services, for instance 0.001ether: without one strangers' requests cost the keepers only.");
  return {
    ...(keyServers === undefined ? {} : { keyServers: parseArgument("--key-servers", keyServers, parseAddress) }),
    fee: parsePrice(fee),
    maxPending: BigInt(parseCount("--max-pending", maxPending ?? DEFAULT_MAX_PENDING, 1)),
    requestBlocks: BigInt(parseCount("--request-blocks", requestBlocks ?? DEFAULT_REQUEST_BLOCKS, 1)),
  };
};
