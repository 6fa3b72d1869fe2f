import type { ConfigHooks } from "hardhat/types/hooks";
import { problemsOf, resolveConfig } from "../config.ts";

/** Checks `keyquorum` in a project's configuration and fills in its defaults. */
export default async (): Promise<Partial<ConfigHooks>> => ({
  validateUserConfig: async ({ keyquorum }) =>
    problemsOf(keyquorum).map(({ path, message }) => ({ path: ["keyquorum", ...(path === "" ? [] : [path])], message: `It ${message}.` })),
  resolveUserConfig: async (userConfig, resolveVariable, next) => ({
    ...(await next(userConfig, resolveVariable)),
    keyquorum: resolveConfig(userConfig.keyquorum),
  }),
});
