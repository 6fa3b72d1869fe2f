import { KeeperError, readConfig, setVeto, vetoedEpochs } from "@keyquorum/keeper";

/** `keyquorum-keeper veto`. */
export const veto = async (options: {
  readonly configFile: string;
  readonly epoch: number | undefined;
  readonly lift: boolean;
  readonly json: boolean;
}): Promise<void> => {
  const { dataDirectory } = await readConfig(options.configFile);
  const { epoch, lift } = options;
  if (epoch === undefined && lift)
    throw new KeeperError("CONFIG_INVALID", "Name the epoch whose veto is lifted: veto --epoch <number> --lift");
  const epochs = await (epoch === undefined ? vetoedEpochs(dataDirectory) : setVeto(dataDirectory, { epoch, isVetoed: !lift }));
  if (options.json) console.log(JSON.stringify({ vetoed: epochs }, null, 2));
  else console.log(epochs.length === 0 ? "No epoch is vetoed." : `Vetoed: ${epochs.join(", ")}`);
};
