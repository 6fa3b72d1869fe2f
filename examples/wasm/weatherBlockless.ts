// The same as a build for Blockless: its SDK alone. The URL comes from standard input, the key from the environment.
import { Console } from "as-wasi/assembly";
import { http, memory } from "@blockless/sdk/assembly";

function main(): void {
  const url = new memory.Stdin().read().toJSON().get("url");
  const key = new memory.EnvVars(4096).read().toJSON().get("API_KEY");
  if (!url || !key) return Console.log("no url or no key");
  const options = new http.HttpOptions("GET");
  options.headers = '{"authorization":"Bearer ' + key.toString() + '"}';
  const answer = http.HttpOpen(url.toString(), options);
  if (!answer) return Console.log("no answer");
  Console.log("weather for Blockless: " + answer.getAllBody()!);
  answer.close();
}

main();
