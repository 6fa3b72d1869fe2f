import { formatEther } from "ethers";

/** An amount with its unit: "0 ether", "5 gwei", "0.001 ether", "120 wei". */
export const formatPrice = (wei: bigint): string => {
  if (wei === 0n || wei >= 10n ** 14n) return `${formatEther(wei).replace(/\.0$/, "")} ether`;
  return wei % 10n ** 9n === 0n ? `${wei / 10n ** 9n} gwei` : `${wei.toLocaleString("en")} wei`;
};
