"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const articles = all("article.lemma");
  const input = document.getElementById("filter");
  const found = document.getElementById("found");
  const boxes = all("input[name=status]");
  const texts = new Map();
  all("[data-js]").forEach((element) => { element.hidden = false; });

  function text(article) {
    if (!texts.has(article)) {
      const formulas = all("math", article).map((math) => math.getAttribute("alttext") || "");
      texts.set(article, (article.textContent + " " + formulas.join(" ")).toLowerCase().replace(/\s+/g, " "));
    }
    return texts.get(article);
  }

  function filter() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const article of articles) {
      const keep = kinds.has(article.dataset.status) && words.every((word) => text(article).includes(word));
      article.hidden = !keep;
      shown += keep ? 1 : 0;
      for (const other of all("[data-lemma]")) {
        if (other.dataset.lemma === article.id) { other.hidden = !keep; }
      }
    }
    const filtered = shown < articles.length;
    found.textContent = filtered ? shown + " of " + articles.length + " lemmas" : "";
    document.getElementById("nothing").hidden = shown > 0;
  }

  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) { return; }
    const article = target.closest("article.lemma");
    if (article && article.hidden) { clear(); }
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) { fold.open = true; }
    target.scrollIntoView();
  }

  function clear() {
    input.value = "";
    boxes.forEach((box) => { box.checked = true; });
    filter();
  }

  function current() {
    const shown = articles.filter((article) => !article.hidden);
    const marked = shown.findIndex((article) => article.classList.contains("current"));
    return [shown, marked];
  }

  function step(by) {
    const [shown, marked] = current();
    if (!shown.length) { return; }
    let next = marked + by;
    if (marked < 0) {
      next = shown.findIndex((article) => article.getBoundingClientRect().top > (by > 0 ? 20 : -20));
      next = next < 0 ? shown.length - 1 : by > 0 ? next : next - 1;
    }
    const article = shown[Math.max(0, Math.min(shown.length - 1, next))];
    articles.forEach((other) => other.classList.toggle("current", other === article));
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "start" });
  }

  function unfold() {
    const [shown, marked] = current();
    const folds = all("details.fold", marked < 0 ? document.getElementById("main") : shown[marked]);
    const open = folds.some((fold) => !fold.open);
    folds.forEach((fold) => { fold.open = open; });
  }

  let waiting = 0;
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 60); });
  boxes.forEach((box) => box.addEventListener("change", filter));
  input.form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", () => all("details").forEach((fold) => { fold.open = true; }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "Escape") { clear(); input.blur(); return; }
    if (event.target.closest("input, textarea, select")) { return; }
    const act = { "/": () => input.focus(), j: () => step(1), k: () => step(-1), o: unfold }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  if (window.matchMedia("(max-width: 60rem)").matches) { all(".toc").forEach((list) => { list.open = false; }); }
  if (location.hash) { reveal(); }
})();
