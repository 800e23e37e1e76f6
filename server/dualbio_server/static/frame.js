// What pages do beyond their text: suggest while somebody writes in the search box, and copy a table or an address.
"use strict";

(() => {
  const box = document.querySelector("input[data-suggest]");
  const list = document.getElementById("suggested");
  const places = new Map();
  let asked = 0;

  if (box) box.addEventListener("input", async (event) => {
    const text = box.value.trim();
    if (places.has(text) && !(event.inputType || "").startsWith("insertText")) { // one of the list was chosen
      location.href = places.get(text);
      return;
    }
    const turn = ++asked;
    await new Promise((ready) => setTimeout(ready, 120));
    if (text.length < 2 || turn !== asked) return;
    const answer = await fetch(`${box.dataset.suggest}?format=opensearch&q=${encodeURIComponent(text)}`);
    if (!answer.ok || turn !== asked) return;
    const [, names, labels, addresses] = await answer.json();
    places.clear();
    list.replaceChildren(...names.map((name, at) => {
      places.set(name, addresses[at]);
      return Object.assign(document.createElement("option"), { value: name, label: labels[at] });
    }));
  });

  // The IRI of a term of the ontology leads to its place in the index, which leads on to all that is said of it.
  const place = location.hash && document.querySelector(".tree :target > a");
  if (place) location.replace(place.href);

  for (const button of document.querySelectorAll("button[data-copy]")) {
    // A table of many rows goes on in folded ones, whose names begin with its own.
    const first = document.querySelector(button.dataset.copy);
    if (!first || !navigator.clipboard) continue;
    const tables = first.id ? [...document.querySelectorAll(`table[id="${first.id}"], table[id^="${first.id}-"]`)] : [first];
    button.hidden = false;
    button.addEventListener("click", async () => {
      const lines = tables.flatMap((table) => [...table.rows]).map((row) => [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, " ").trim()).join("\t"));
      const kinds = { "text/plain": lines.join("\n"), "text/html": tables.map((table) => table.outerHTML).join("") };
      const blobs = Object.entries(kinds).map(([kind, text]) => [kind, new Blob([text], { type: kind })]);
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
      button.textContent = button.dataset.done;
    });
  }
})();
