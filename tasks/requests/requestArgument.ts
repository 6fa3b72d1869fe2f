import { parseRequestId } from "@keyquorum/wire";
import { parseArgument } from "../parse.ts";

/** A request's id as an argument. Throws UsageError. */
export const parseRequestArgument = (value: string): ReturnType<typeof parseRequestId> => parseArgument("request", value, parseRequestId);
