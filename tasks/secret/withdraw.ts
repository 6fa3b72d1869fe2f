import { withdraw } from "../document/withdraw.ts";
import { byName } from "./byName.ts";

export default byName(withdraw);
