/* Runs JavaScript for Python's tests: jobs come on stdin as JSON, what they return goes to stdout. */
"use strict";

const { sources, jobs } = JSON.parse(require("fs").readFileSync(0, "utf8"));

/** Typed arrays go to JSON as arrays; nan and inf as null. */
const plain = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);

const results = jobs.map(({ source, body, given }) => {
  const run = new Function("given", `"use strict"; ${sources[source]}\n${body}`);
  return run(given);
});
process.stdout.write(JSON.stringify(results, plain));
