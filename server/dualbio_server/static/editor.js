// The SPARQL editor: YASGUI over this endpoint alone. Completion comes from our own prefix table and data;
// nothing is asked of any other site.
"use strict";

(async () => {
  const place = document.getElementById("editor");
  const endpoint = new URL(place.dataset.endpoint, location.href).href;
  const { Yasgui, Yasqe } = library();
  const prefixes = await json(place.dataset.prefixes, {});

  completeFrom(Yasqe, "prefixes", async () =>
    Object.entries(prefixes).map(([prefix, iri]) => `${prefix}: <${iri}>`).sort());
  completeFrom(Yasqe, "class", () => names("SELECT DISTINCT ?name { [] a ?name FILTER(ISIRI(?name)) } ORDER BY ?name"));
  completeFrom(Yasqe, "property", () => names("SELECT DISTINCT ?name { [] ?name [] } ORDER BY ?name"));

  moveQueryToFragment();
  const yasgui = new Yasgui(place, {
    requestConfig: { endpoint, method: "POST" },
    copyEndpointOnNewTab: false,
    populateFromUrl: true,
    yasqe: {
      value: "SELECT ?study ?label\nWHERE {\n  ?study a dualbio:Study ;\n    rdfs:label ?label .\n}\nLIMIT 20\n",
      createShortLink: undefined,
      autocompleters: Yasqe.defaults.autocompleters,
    },
  });
  declarePrefixes(yasgui.getTab().getYasqe());
  await offerExamples(yasgui);

  function library() {
    const found = window.Yasgui.default || window.Yasgui.Yasgui || window.Yasgui;
    return { Yasgui: found, Yasqe: found.Yasqe };
  }

  // The endpoint knows our prefixes, other endpoints do not: what is written here should run anywhere.
  function declarePrefixes(yasqe) {
    const text = yasqe.getValueWithoutComments();
    const declared = yasqe.getPrefixesFromQuery();
    const used = Object.entries(prefixes).filter(
      ([prefix]) => !(prefix in declared) && new RegExp(`(?:^|[^\\w?$:-])${prefix}:\\w`).test(text));
    if (used.length) yasqe.addPrefixes(Object.fromEntries(used));
  }

  function completeFrom(yasqe, name, get) {
    const original = yasqe.Autocompleters[name];
    if (!original) return;
    let known;
    original.get = async (_, token) => {
      known ??= await get();
      const start = (token && (token.autocompletionString || token.string) || "").toLowerCase();
      return original.bulk ? known : known.filter((each) => each.toLowerCase().startsWith(start));
    };
    original.persistenceId = null;
  }

  async function names(query) {
    const result = await json(`${endpoint}?format=json&query=${encodeURIComponent(query)}`, null);
    return result ? result.results.bindings.map((row) => row.name.value) : [];
  }

  async function json(address, otherwise) {
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" } });
      return response.ok ? await response.json() : otherwise;
    } catch {
      return otherwise;
    }
  }

  // A link such as /sparql?query=… shows the query; YASGUI reads links from the fragment.
  function moveQueryToFragment() {
    const query = new URLSearchParams(location.search).get("query");
    if (query && !location.hash) {
      history.replaceState(null, "", `${location.pathname}#query=${encodeURIComponent(query)}`);
    }
  }

  // The library of saved queries lists {name, summary}; each text is at /queries/<name>.rq.
  async function offerExamples(yasgui) {
    const listed = await json(place.dataset.queries, null);
    const queries = listed && (listed.queries || listed);
    if (!Array.isArray(queries) || !queries.length) return;
    const box = document.getElementById("examples");
    const select = box.querySelector("select");
    for (const each of queries) {
      select.add(new Option(each.summary || each.name, each.name));
    }
    box.hidden = false;
    select.addEventListener("change", async () => {
      if (!select.value) return;
      const response = await fetch(`${place.dataset.queries}${select.value}.rq`);
      if (!response.ok) return;
      const tab = yasgui.addTab(true, { name: select.value, yasqe: { value: await response.text() } });
      declarePrefixes(tab.getYasqe());
    });
  }
})();
