import type { SigningContent } from "@keyquorum/client";
import { hexToBytes, KeyquorumError, parseAddress, type TransactionStatement } from "@keyquorum/wire";
import { readJsonFile } from "../jsonFile.ts";
import { UsageError } from "../usageError.ts";

type Fields = Readonly<Record<string, unknown>>;

const FORMS = ["typedData", "transaction", "message", "accountTyped", "accountExecute"];

/**
 * What a key is to sign, from a JSON file with one of `typedData` {domain, types, message}, `transaction` {chainId, nonce, tip, feeCap, gasLimit, to, value,
 * data}, `message`, and for a SchnorrAccount `accountTyped` or `accountExecute` {calls, nonce, deadline, gas} with `account`, its EIP-712 domain. Numbers may be
 * decimal text. Throws UsageError.
 */
export const readContent = async (file: string): Promise<SigningContent> => {
  const value = await readJsonFile(file);
  try {
    return contentOf(value);
  } catch (cause) {
    if (!(cause instanceof UsageError || cause instanceof KeyquorumError || cause instanceof SyntaxError || cause instanceof RangeError))
      throw cause;
    throw new UsageError(`${file} does not say what is to be signed: ${cause.message}`, { cause });
  }
};

const contentOf = (value: unknown): SigningContent => {
  const fields = record("the file", value);
  const [form, ...others] = Object.keys(fields).filter((name) => name !== "account");
  if (form === undefined || others.length > 0 || !FORMS.includes(form)) throw new UsageError(`it has one of ${FORMS.join(", ")}.`);
  const given = fields[form];
  if (form === "message") {
    if (typeof given !== "string") throw new UsageError("message is text.");
    return { message: given };
  }
  if (form === "transaction") return { transaction: transactionOf(record(form, given)) };
  // What is in typed data, ethers checks when it hashes it.
  if (form === "typedData") return { typedData: record(form, given) } as unknown as SigningContent;
  const account = record("account", fields.account);
  if (form === "accountTyped") return { accountTyped: record(form, given), account } as unknown as SigningContent;
  const { calls, nonce, deadline, gas } = record(form, given);
  if (!Array.isArray(calls)) throw new UsageError("calls is a list.");
  const made = calls.map((call: unknown) => {
    const { to, value: wei = 0, data = "0x" } = record("a call", call);
    return { to: parseAddress(to), value: integer("value", wei), data: hexToBytes(String(data)) };
  });
  return {
    accountExecute: { calls: made, nonce: integer("nonce", nonce), deadline: integer("deadline", deadline), gas: integer("gas", gas) },
    account,
  };
};

const transactionOf = (fields: Fields): TransactionStatement => ({
  chainId: integer("chainId", fields.chainId),
  nonce: integer("nonce", fields.nonce),
  tip: integer("tip", fields.tip),
  feeCap: integer("feeCap", fields.feeCap),
  gasLimit: integer("gasLimit", fields.gasLimit),
  to: parseAddress(fields.to),
  value: integer("value", fields.value ?? 0),
  data: hexToBytes(String(fields.data ?? "0x")),
});

const record = (name: string, value: unknown): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new UsageError(`${name} is an object.`);
  return value as Fields;
};

const integer = (name: string, value: unknown): bigint => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === "string" && /^[0-9]{1,78}$/.test(value)) return BigInt(value);
  throw new UsageError(`${name} is a whole number; above 2^53 as decimal text.`);
};
