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

  nameParts();
  watchQueries();
  moveQueryToFragment();
  const linked = location.hash.includes("query=");
  const yasgui = new Yasgui(place, {
    requestConfig: { endpoint, method: "POST" },
    copyEndpointOnNewTab: false,
    populateFromUrl: true,
    yasqe: {
      value: "SELECT ?study ?label\nWHERE {\n  ?study a dualbio:Study ;\n    rdfs:label ?label .\n}\nLIMIT 20\n",
      createShortLink: undefined,
      autocompleters: Yasqe.defaults.autocompleters,
    },
    yasr: { prefixes },
  });
  if (!linked) declarePrefixes(yasgui.getTab().getYasqe()); // a shared query is shown as it was written
  stayHere();
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
    if (!original.bulk) knowPrefixes(original);
    if (name === "class") afterType(original);
  }

  // A name is completed also where its prefix, which the endpoint knows, is not declared yet.
  function knowPrefixes(completer) {
    const before = completer.preProcessToken;
    completer.preProcessToken = (yasqe, token) => {
      const made = before(yasqe, token);
      const prefix = /^([\w-]*):/.exec(token.string)?.[1];
      if (prefix in prefixes && !made.tokenPrefixUri) {
        made.tokenPrefixUri = prefixes[prefix];
        made.autocompletionString = prefixes[prefix] + token.string.slice(prefix.length + 1);
      }
      return made;
    };
  }

  function afterType(completer) {
    const before = completer.isValidCompletionPosition;
    completer.isValidCompletionPosition = (yasqe) => {
      const token = yasqe.getCompleteToken();
      const previous = yasqe.getPreviousNonWsToken(yasqe.getDoc().getCursor().line, token);
      return before(yasqe) || ["a", "rdf:type"].includes(previous?.string?.trim());
    };
  }

  // What the library leaves without a name or role, or out of reach of the keyboard, in every tab that it makes.
  function nameParts() {
    const name = () => {
      for (const text of place.querySelectorAll(".CodeMirror textarea:not([aria-label])")) text.setAttribute("aria-label", "SPARQL");
      for (const field of place.querySelectorAll(".tab input:not([aria-label])")) field.setAttribute("aria-label", "Name of the tab");
      for (const size of place.querySelectorAll(".tableSizer:not([aria-label])")) size.setAttribute("aria-label", "Page size");
      for (const told of place.querySelectorAll(".errorResult pre:not([tabindex])")) told.setAttribute("tabindex", "0");
      const add = place.querySelector(".addTab:not([role])");
      if (add) {
        add.setAttribute("role", "tab");
        add.setAttribute("aria-selected", "false");
      }
    };
    new MutationObserver(name).observe(place, { childList: true, subtree: true });
  }

  // Every query has an id, by which it is cancelled here and in its worker; what is wrong is marked in its line.
  function watchQueries() {
    const ask = window.fetch.bind(window);
    const cancel = document.getElementById("cancel");
    const fault = document.getElementById("fault");
    let running = null;
    cancel.addEventListener("click", () => {
      if (running) ask(`${endpoint}/running/${running}`, { method: "DELETE" });
      yasgui.getTab().getYasqe().abortQuery();
    });
    window.fetch = async (resource, options) => {
      const request = resource instanceof Request ? resource : null;
      if (!request || request.method !== "POST" || !request.url.startsWith(endpoint)) return ask(resource, options);
      const id = [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
      running = id;
      cancel.disabled = false;
      fault.hidden = true;
      clearMarks();
      try {
        const headers = new Headers(request.headers);
        headers.set("X-Query-Id", id);
        const answer = await ask(new Request(request, { headers }), options);
        if (!answer.ok) mark(await answer.clone().json().catch(() => ({})));
        return answer;
      } catch (error) {
        // The browser's own words for an end that was asked for are about its machinery.
        throw error.name === "AbortError" ? new DOMException(cancel.dataset.done, "AbortError") : error;
      } finally {
        if (running === id) running = null;
        cancel.disabled = running === null;
      }
    };

    function mark({ detail, line, column }) {
      if (!detail) return;
      fault.textContent = detail;
      fault.hidden = false;
      if (!line) return;
      const yasqe = yasgui.getTab().getYasqe();
      yasqe.addLineClass(line - 1, "background", "faulty");
      yasqe.setCursor(line - 1, Math.max(0, (column ?? 1) - 1));
    }

    function clearMarks() {
      const yasqe = yasgui.getTab()?.getYasqe();
      yasqe?.eachLine((line) => yasqe.removeLineClass(line, "background", "faulty"));
    }
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

  // Things in a result have their page on this very service, wherever it runs.
  function stayHere() {
    const { base, home } = place.dataset;
    const point = ({ target }) => {
      const link = target.closest?.("a.iri");
      const href = link?.getAttribute("href") ?? "";
      if (href.startsWith(base)) link.setAttribute("href", home + href.slice(base.length));
    };
    for (const event of ["mouseover", "focusin", "click"]) place.addEventListener(event, point, true);
  }

  // The library lists {name, topic, summary} of its queries; each text is at <queries><name>.rq.
  async function offerExamples(yasgui) {
    const { queries = [] } = await json(place.dataset.queries, {});
    if (!queries.length) return;
    const box = document.getElementById("examples");
    const select = box.querySelector("select");
    for (const topic of new Set(queries.map((each) => each.topic))) {
      const group = document.createElement("optgroup");
      group.label = topic;
      for (const each of queries.filter((query) => query.topic === topic)) {
        group.append(new Option(each.summary, each.name));
      }
      select.append(group);
    }
    box.hidden = false;
    select.addEventListener("change", () => openExample(yasgui, select));
  }

  async function openExample(yasgui, select) {
    const name = select.value;
    if (!name) return;
    const response = await fetch(`${place.dataset.queries}${name}.rq`);
    if (!response.ok) return;
    // The head is for the library; here its question is enough.
    const body = (await response.text()).replace(/^#\+.*\n/gm, "");
    const value = `# ${select.selectedOptions[0].text}\n${body}`;
    const tab = yasgui.addTab(true, { name: name.replace(/^.*\//, ""), yasqe: { value } });
    declarePrefixes(tab.getYasqe());
    select.value = "";
  }
})();
