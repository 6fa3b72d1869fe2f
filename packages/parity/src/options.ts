import { type Address, parseAddress } from "@keyquorum/wire";
import { z } from "zod";

/** An address: `0x` and 40 hex digits, in lower case or with a correct checksum. */
export const addressOption = z.string().transform((value, context): Address => {
  try {
    return parseAddress(value);
  } catch {
    context.addIssue({
      code: "custom",
      message: "must be 0x and 40 hex digits for each address, in lower case or with a correct checksum",
    });
    return z.NEVER;
  }
});

/** Options that are not what they should be. `message`: one sentence for each problem; it repeats no value. */
export class OptionsError extends Error {
  readonly code = "OPTIONS_INVALID";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join(" "));
    this.problems = problems;
    this.name = "OptionsError";
  }
}

/** Reads options by a schema. Throws OptionsError. */
export const parseOptions = <Options>(schema: z.ZodType<Options>, options: unknown): Options => {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new OptionsError(
    parsed.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => `The option ${[...issue.path, key].join(".")} is not known.`)
        : [`The option ${issue.path.join(".")} ${sentence(issue.message)}`],
    ),
  );
};

const sentence = (message: string): string => (/^must /.test(message) ? `${message}.` : `is not what it should be: ${message}.`);
