import { checkConfiguration, readConfig } from "@keyquorum/keeper";

/** `keyquorum-keeper config check`. Throws the first thing that is wrong. */
export const configCheck = async (options: {
  readonly configFile: string;
  readonly online: boolean;
  readonly json: boolean;
}): Promise<void> => {
  const config = await readConfig(options.configFile);
  const { operator, warnings, obstacles, effective } = await checkConfiguration(config, { online: options.online });
  if (options.json) {
    console.log(JSON.stringify({ ok: true, usable: obstacles.length === 0, operator, warnings, obstacles, effective }, null, 2));
    return;
  }
  console.log(JSON.stringify(effective, null, 2));
  console.log(`Operator ${operator}`);
  for (const warning of warnings) console.log(`Warning: ${warning}`);
  for (const obstacle of obstacles) console.log(`Not ready: ${obstacle}`);
  if (obstacles.length === 0) console.log("The configuration is usable.");
  else console.log("The configuration is consistent, but this keeper cannot work yet.");
};
