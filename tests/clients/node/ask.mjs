// Asks an endpoint by sparql-http-client and by Node's own fetch, and prints what came as JSON.
// Arguments: the endpoint, then a SELECT, a CONSTRUCT and an ASK query.
import { once } from "node:events";
import SparqlClient from "sparql-http-client";

const [endpoint, select, construct, ask] = process.argv.slice(2);

async function collect(stream) {
  const found = [];
  stream.on("data", (each) => found.push(each));
  await once(stream, "end");
  return found;
}

async function byClient(operation) {
  const { query } = new SparqlClient({ endpointUrl: endpoint });
  return {
    labels: (await collect(query.select(select, { operation }))).map((row) => row.label.value),
    triples: (await collect(query.construct(construct, { operation }))).length,
    answer: await query.ask(ask, { operation }),
  };
}

async function byFetch() {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/sparql-query", accept: "application/sparql-results+json" },
    body: select,
  });
  const { results } = await response.json();
  return { labels: results.bindings.map((row) => row.label.value), status: response.status };
}

console.log(JSON.stringify({
  get: await byClient("get"),
  direct: await byClient("postDirect"),
  form: await byClient("postUrlencoded"),
  fetch: await byFetch(),
}));
