import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ExtensionModule, KeeperError, type KeeperExtension } from "@keyquorum/keeper";

const specifierOf = (module: string, directory: string): string => {
  if (isAbsolute(module)) return pathToFileURL(module).href;
  return module.startsWith("./") || module.startsWith("../") ? pathToFileURL(join(directory, module)).href : module;
};

/**
 * Loads the modules that a configuration names. A module exports `createExtension(options)`, which gives a KeeperExtension.
 * An extension sees what the keeper sees: load only what you trust. Throws KeeperError EXTENSION_INVALID.
 * @param directory where relative names start: the folder of the configuration file
 */
export const loadExtensions = (modules: readonly ExtensionModule[], directory: string): Promise<readonly KeeperExtension[]> =>
  Promise.all(
    modules.map(async ({ module, options }) => {
      const loaded: unknown = await import(specifierOf(module, directory)).catch((cause: unknown) => {
        throw new KeeperError(
          "EXTENSION_INVALID",
          `The extension ${module} cannot be loaded. Correct [extensions] modules, or install it.`,
          { module },
          { cause },
        );
      });
      const create = typeof loaded === "object" && loaded !== null && "createExtension" in loaded ? loaded.createExtension : undefined;
      if (typeof create !== "function")
        throw new KeeperError("EXTENSION_INVALID", `The module ${module} exports no function createExtension(options).`, { module });
      // The module is the operator's choice and trusted as the keeper is: its type is its word.
      return (await create(options)) as KeeperExtension;
    }),
  );
