import type { Duty } from "../run/duty.ts";

/** A keeper lost its share of a key and asks the others of its epoch for it, in public. PROTOCOL section 3.10. */
export const onRepairRequested: Duty<"RepairRequested"> = async ({ args: { repairId, keyId, slot, epoch } }, { log }) => {
  log.info("Repair requested", { repairId, keyId, epoch, slot });
};
