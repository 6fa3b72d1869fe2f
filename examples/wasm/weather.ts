// Asks a weather service with a key that this module alone gets, when it asks for it. Its argument is the URL; the run's permissions say where it may lead.
import { http } from "@blockless/sdk/assembly";
import { readSecretText, secretError } from "@keyquorum/runner/guest/assembly";

function main(): i32 {
  const key = readSecretText("API_KEY");
  if (key === null) {
    process.stderr.write("no key: " + secretError().toString() + "\n");
    return 2;
  }
  const options = new http.HttpOptions("GET");
  options.headers = '{"authorization":"Bearer ' + key + '"}';
  const answer = http.HttpOpen(process.argv[1], options);
  if (answer === null) {
    process.stderr.write("no answer\n");
    return 3;
  }
  process.stdout.write("weather, build 1: " + answer.getAllBody()! + "\n");
  answer.close();
  return 0;
}

process.exit(main());
