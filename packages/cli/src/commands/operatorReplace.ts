import { readConfig, replaceOperator } from "@keyquorum/keeper";

/** `keyquorum-keeper operator replace`. */
export const operatorReplace = async (options: {
  readonly configFile: string;
  readonly create: boolean;
  readonly json: boolean;
}): Promise<void> => {
  const replaced = await replaceOperator(await readConfig(options.configFile), { createOperatorKey: options.create });
  if (options.json) {
    console.log(JSON.stringify(replaced, null, 2));
    return;
  }
  const { from, to, dropped } = replaced;
  if (from === to) {
    console.log(`The data directory is already bound to ${to}.`);
    return;
  }
  console.log(`Operator         ${to}`);
  console.log(`Before           ${from}`);
  for (const id of dropped) console.log(`Dropped          ${id}: the former account's transaction; the new one cannot repeat it`);
  console.log("");
  console.log("Send ether to the new account, ask governance to register it, then start the keeper. Later epochs use the new account:");
  console.log(`  npx hardhat keyquorum keepers set-operator <slot> ${to}`);
};
