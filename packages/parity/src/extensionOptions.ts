import type { Address } from "@keyquorum/wire";
import { z } from "zod";
import { type ImportOptions, importSchema } from "./importing/importOptions.ts";
import { isLoopback, type KeyServerOptions, keyServerSchema } from "./keyServer/keyServerOptions.ts";
import { addressOption, parseOptions } from "./options.ts";
import { type ServiceContract, servicesSchema } from "./services/serviceOptions.ts";

/** What the configuration says of this extension. */
export type ExtensionOptions = {
  /** The contract with `checkPermissions(address,bytes32)` that decides who reads; "none": whoever asks reads everything, on this machine only. */
  readonly permissions: Address | "none";
  readonly keyServer: KeyServerOptions;
  /** Whose old records this keeper takes. Undefined: nobody's. */
  readonly import?: ImportOptions | undefined;
  /** Service contracts whose requests this keeper answers on chain. Default: none. */
  readonly services: readonly ServiceContract[];
  /** The `ParityKeyServerSet` that this keeper brings to new epochs. Default: none. */
  readonly keyServerSet?: Address | undefined;
};

const schema = z
  .strictObject({
    permissions: z.union([z.literal("none"), addressOption], {
      error: 'must be the address of the contract that decides who reads, or "none"',
    }),
    keyServer: keyServerSchema.prefault({}),
    import: importSchema.optional(),
    services: servicesSchema.prefault([]),
    keyServerSet: addressOption.optional(),
  })
  .refine(({ permissions, services }) => permissions !== "none" || services.length === 0, {
    path: ["services"],
    message: 'must name no contract, because with "none" for permissions whoever asks one reads everything',
  })
  .refine(({ permissions, keyServer }) => permissions !== "none" || (isLoopback(keyServer.host) && !keyServer.trustProxy), {
    path: ["permissions"],
    message: 'must be an address, because others than this machine reach the key server: with "none" whoever asks reads everything',
  });

/** Reads the extension's options; unknown ones are errors. Throws OptionsError. */
export const parseExtensionOptions = (options: unknown): ExtensionOptions => parseOptions(schema, options);
