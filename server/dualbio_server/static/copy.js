// Search in a copy of the site in files: names of things and questions, with the spelling that people try.
"use strict";

(() => {
  const here = document.currentScript.src;
  const root = new URL("..", here);
  const most = 50;
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const wordsOf = (text) => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  let known;

  // The index is read when somebody searches; its names are folded once.
  const index = () => known ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: new URL("search-index.js", here).href, onerror: reject });
    script.onload = () => resolve(globalThis.dualbioIndex.map(([label, file, kind, others]) => ({
      label, file, kind, names: [label, ...others].map((text) => ({ text, whole: fold(text), words: wordsOf(text) })),
    })));
    document.head.append(script);
  });

  // Insertions, deletions, changes and swaps of neighbours between two words, up to `limit` (optimal string alignment).
  const distance = (one, other, limit) => {
    if (Math.abs(one.length - other.length) > limit) return limit + 1;
    let before = [], last = Array.from({ length: other.length + 1 }, (_, at) => at);
    for (let i = 1; i <= one.length; i++) {
      const row = [i];
      for (let j = 1; j <= other.length; j++) {
        const change = one[i - 1] === other[j - 1] ? 0 : 1;
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + change);
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      [before, last] = [last, row];
    }
    return last[other.length];
  };
  const near = (word, other) => {
    const limit = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
    return distance(word, other, limit) <= limit;
  };

  // How well a name fits: 0 the whole, 1 its beginning, 2 beginnings of its words, 3 words spelt nearly so.
  const fit = (name, text, words) => {
    if (name.whole === text) return 0;
    if (name.whole.startsWith(text)) return 1;
    if (words.every((word) => name.words.some((other) => other.startsWith(word)))) return 2;
    if (text.length > 1 && /\p{Script=Han}/u.test(text) && name.whole.includes(text)) return 2;
    return words.every((word) => name.words.some((other) => other.startsWith(word) || near(word, other))) ? 3 : 4;
  };

  const search = async (asked) => {
    const text = fold(asked.trim()), words = wordsOf(asked);
    if (!words.length) return [];
    const hits = [];
    for (const entry of await index()) {
      let best = 4, name = entry.names[0];
      for (const each of entry.names) {
        const found = fit(each, text, words);
        if (found < best) [best, name] = [found, each];
      }
      if (best < 4) hits.push({ entry, best, name });
    }
    return hits.sort((one, other) => one.best - other.best);
  };

  const place = (entry) => new URL(entry.file.split("/").map(encodeURIComponent).join("/"), root).href;
  const list = document.getElementById("suggested");
  for (const box of document.querySelectorAll("input[type=search]")) {
    if (list) box.setAttribute("list", list.id);
    box.addEventListener("input", async () => {
      const asked = box.value;
      const hits = asked.trim().length > 1 ? await search(asked) : [];
      if (!list || asked !== box.value) return;
      list.replaceChildren(...hits.slice(0, 8).map(({ entry, name }) =>
        Object.assign(document.createElement("option"), { value: name.text, label: entry.label })));
    });
  }

  const found = document.getElementById("copy-found");
  const asked = new URLSearchParams(location.search).get("q");
  if (!found || !asked) return;
  for (const box of document.querySelectorAll("input[type=search]")) box.value = asked;
  search(asked).then((hits) => {
    const told = document.getElementById("copy-told");
    told.textContent = hits.length ? `${Math.min(hits.length, most)} / ${hits.length}` : told.dataset.none;
    for (const { entry, name } of hits.slice(0, most)) {
      const link = Object.assign(document.createElement("a"), { href: place(entry), textContent: entry.label });
      const hint = Object.assign(document.createElement("span"), { className: "hint", textContent: entry.kind });
      const term = document.createElement("dt");
      term.append(link, " ", hint);
      const about = Object.assign(document.createElement("dd"), { textContent: name.text === entry.label ? "" : name.text });
      found.append(term, about);
    }
  });
})();
