"use strict";
// Sorting, searching and moving by keys; everything else works without a script.
(() => {
  const list = document.getElementById("list");
  const body = list.tBodies[0];
  const search = document.getElementById("search");
  const output = document.querySelector("output");
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const columns = [...body.rows]
    .filter((row) => !row.classList.contains("opens"))
    .map((row, place) => ({ row, place, opens: row.nextElementSibling?.matches(".opens") ? row.nextElementSibling : null }));

  const text = (column, cell) => column.row.cells[cell].textContent;
  const bits = (column) => {
    const shown = text(column, 3);
    return shown === "∞" ? Infinity : Number.parseFloat(shown.replace("–", "-1"));
  };
  const orders = [
    (a, b) => collator.compare(text(a, 0), text(b, 0)),
    (a, b) => collator.compare(text(a, 1), text(b, 1)),
    (a, b) => a.place - b.place,
    (a, b) => (bits(a) === bits(b) ? 0 : bits(a) - bits(b)),
  ];

  const sort = (head, cell) => {
    const descending = head.ariaSort ? head.ariaSort === "ascending" : cell === 3;
    for (const other of list.tHead.rows[0].cells) other.ariaSort = null;
    head.ariaSort = descending ? "descending" : "ascending";
    const sign = descending ? -1 : 1;
    const sorted = columns.toSorted((a, b) => sign * orders[cell](a, b) || a.place - b.place);
    body.append(...sorted.flatMap(({ row, opens }) => (opens ? [row, opens] : [row])));
  };
  for (const [cell, head] of [...list.tHead.rows[0].cells].entries()) {
    if (cell >= orders.length) break;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, cell));
    head.append(button);
  }
  list.tHead.rows[0].cells[2].ariaSort = "ascending";

  const visible = (row) => row.checkVisibility();
  const every = document.getElementById("show-all");
  const tell = () => {
    const narrowed = search.value || !every.checked;
    const shown = narrowed ? columns.filter(({ row }) => visible(row)).length : columns.length;
    output.textContent = narrowed ? output.dataset.shown.replace("#", shown.toLocaleString("en")) : "";
  };
  const filter = () => {
    const wanted = search.value.toLocaleLowerCase();
    for (const column of columns) {
      if (wanted) column.text ??= column.row.textContent.toLocaleLowerCase();
      column.row.hidden = wanted !== "" && !column.text.includes(wanted);
    }
    tell();
  };
  search.closest("label").hidden = false;
  search.addEventListener("input", filter);
  document.querySelector("fieldset").addEventListener("change", tell);

  const move = (step) => {
    const shown = [...body.rows].filter((row) => !row.classList.contains("opens") && visible(row));
    const at = document.activeElement.closest("#list > tbody > tr");
    const here = shown.indexOf(at?.matches(".opens") ? at.previousElementSibling : at);
    const row = shown[here < 0 ? 0 : here + step];
    if (!row) return;
    const summary = row.querySelector("summary");
    if (!summary) row.tabIndex = -1;
    (summary ?? row).focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const writing = event.target === search;
    const inList = event.target.closest("#list > tbody");
    if (event.key === "Escape" && writing) {
      search.value = "";
      filter();
    } else if (writing && event.key !== "ArrowDown") {
      return;
    } else if (event.key === "/") {
      search.focus();
      search.select();
    } else if (event.key === "j" || (event.key === "ArrowDown" && (inList || writing))) {
      move(1);
    } else if (event.key === "k" || (event.key === "ArrowUp" && inList)) {
      move(-1);
    } else if (event.key === "Escape" && inList) {
      const open = event.target.closest("details[open]");
      if (open) open.open = false;
    } else {
      return;
    }
    event.preventDefault();
  });
  addEventListener("pageshow", filter);
})();
