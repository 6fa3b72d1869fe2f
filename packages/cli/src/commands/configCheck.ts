import { checkConfiguration, readConfig } from "@keyquorum/keeper";

/** `keyquorum-keeper config check`. Throws the first thing that is wrong. */
export const configCheck = async (options: {
  readonly configFile: string;
  readonly online: boolean;
  readonly json: boolean;
}): Promise<void> => {
  const config = await readConfig(options.configFile);
  const { operator, warnings, effective } = await checkConfiguration(config, { online: options.online });
  if (options.json) {
    console.log(JSON.stringify({ ok: true, operator, warnings, effective }, null, 2));
    return;
  }
  console.log(JSON.stringify(effective, null, 2));
  console.log(`Operator ${operator}`);
  for (const warning of warnings) console.log(`Warning: ${warning}`);
  console.log("The configuration is usable.");
};
