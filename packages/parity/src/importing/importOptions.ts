import { z } from "zod";
import { addressOption } from "../options.ts";

const instant = z
  .union([z.date(), z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?Z$/)], {
    error: 'must be a time like "2027-01-31T00:00:00Z"',
  })
  .transform((value, context): number => {
    const milliseconds = typeof value === "string" ? Date.parse(value) : value.getTime();
    if (Number.isFinite(milliseconds)) return milliseconds;
    context.addIssue({ code: "custom", message: 'must be a time like "2027-01-31T00:00:00Z"' });
    return z.NEVER;
  });

/** Whose old records this keeper takes, and until when. Without it: nobody's. */
export const importSchema = z
  .strictObject({
    from: z.array(addressOption).min(1, "must name at least one address").max(64, "must name 64 addresses at most"),
    until: instant,
    leastRecords: z.int().min(1).max(64).optional(),
  })
  .refine(({ from }) => new Set(from).size === from.length, { path: ["from"], message: "must name each address once" })
  .refine(({ from, leastRecords = 1 }) => from.length === 1 || leastRecords <= from.length, {
    path: ["leastRecords"],
    message: "must not be above the number of addresses, as each brings one record of a key",
  });

/** `until`: milliseconds since 1970. */
export type ImportOptions = z.infer<typeof importSchema>;

/** How many records must say the same of a key of threshold t: t+1 at least, and more than half of those who may import, or what the operator says. */
export const neededBy =
  ({ from, leastRecords = Math.floor(from.length / 2) + 1 }: Pick<ImportOptions, "from" | "leastRecords">) =>
  (threshold: number): number =>
    Math.max(threshold + 1, leastRecords);
