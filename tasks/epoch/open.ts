import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { openEpoch } from "./openEpoch.ts";

/** Opens the next epoch: proposes it if need be and waits for the keepers' encryption keys. */
export default command<CommonArguments & { readonly withoutMissing: boolean }>((args, context) =>
  openEpoch(context, { waitsForAll: !args.withoutMissing }),
);
