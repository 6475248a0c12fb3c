const data = JSON.parse(document.getElementById("data").textContent);
const [NAME, HREF, STATUS, SECONDS, ATTEMPTS, MESSAGE, REASON, START, PHASES, FIRST_EXTRA] = Array(10).keys();
const collator = new Intl.Collator(undefined, { numeric: true });
const words = (status) => status.replace("_", " ");
const seconds = (number) => `${number.toFixed(number < 10 ? 2 : 1)} s`;

// -- elements; all text goes through textContent -----------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
const link = (row) => row[HREF] ? element("a", { href: row[HREF] }, row[NAME]) : document.createTextNode(row[NAME]);
const state = (row) => {
  const status = data.statuses[row[STATUS]];
  return element("span", { className: "state" }, element("span", { className: `dot ${status}` }), words(status));
};

// -- the table ---------------------------------------------------------------------------------------------------------

const columns = [
  { title: "Device", text: (row) => row[NAME], node: link },
  { title: "Status", text: (row) => words(data.statuses[row[STATUS]]), node: state, filter: true },
  ...data.columns.map((column, place) => {
    const text = (row) => row[FIRST_EXTRA + place];
    // A filter that is a word matches every cell with a text.
    const filterBy = typeof column.filter === "string" ? (row) => text(row) && column.filter : undefined;
    return { ...column, text, filterBy };
  }),
  { title: "Seconds", number: (row) => row[SECONDS], digits: 2 },
];
if (data.rows.some((row) => row[ATTEMPTS] > 1)) {
  columns.push({ title: "Attempts", number: (row) => row[ATTEMPTS], digits: 0 });
}
if (data.reasons.length) {
  const reason = (row) => data.reasons[row[REASON]] ?? "";
  columns.push({ title: "Reason", text: (row) => row[MESSAGE], className: "message", filterBy: reason, filter: true });
}

// Natural order: edge-2 before edge-10, 10.0.0.9 before 10.0.0.10.
function ranks(column) {
  const texts = [...new Set(data.rows.map(column.text))].sort(collator.compare);
  return new Map(texts.map((text, place) => [text, place]));
}

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
function render(column) {
  if (column.number) {
    return (row, type) => {
      const number = column.number(row);
      if (type === "display") return number === null ? "" : number.toFixed(column.digits);
      return number ?? -1;
    };
  }
  let rank;
  return (row, type) => {
    const text = column.text(row);
    if (type === "display") return column.node ? column.node(row) : document.createTextNode(text);
    // DataTables decodes texts with an ampersand as HTML before it searches.
    if (type === "filter") return text.replace(/[&<>]/g, (character) => entities[character]);
    rank ??= ranks(column);
    return rank.get(text);
  };
}

const head = document.querySelector("#devices thead tr");
for (const column of columns) head.append(element("th", { scope: "col", textContent: column.title }));
const table = new DataTable("#devices", {
  data: data.rows,
  columns: columns.map((column) => ({
    data: null, type: "num", render: render(column), className: column.number ? "number" : column.className ?? "",
  })),
  autoWidth: false,
  order: [],
  orderClasses: false,
  pageLength: 50,
  layout: { topStart: null, topEnd: null, bottomStart: "info", bottomEnd: "paging" },
  language: {
    emptyTable: "No device was asked.",
    zeroRecords: "No device matches the search and the filters.",
    info: "_START_ to _END_ of _TOTAL_ devices",
    infoEmpty: "No devices",
    infoFiltered: "(of _MAX_ in total)",
  },
});

// -- search and filters ------------------------------------------------------------------------------------------------

const form = document.getElementById("filters");
const search = document.getElementById("search");
const MOST_CHOICES = 100;
const filters = columns.filter((column) => column.filter).flatMap((column, place) => {
  const value = column.filterBy ?? column.text;
  const counted = new Map();
  for (const row of data.rows) counted.set(value(row), (counted.get(value(row)) ?? 0) + 1);
  if (counted.size < 2) return [];
  let field;
  if (counted.size > MOST_CHOICES) {
    field = element("input", { type: "search", autocomplete: "off" });
  } else {
    const choices = [...counted.keys()].sort(collator.compare);
    field = element("select", {}, new Option("all", "all"), ...choices.map(
      (text) => new Option(`${text || "(none)"} (${counted.get(text).toLocaleString("en")})`, `=${text}`)));
  }
  field.dataset.column = column.title;
  field.id = `filter-${place}`;
  const label = element("label", { htmlFor: field.id }, column.title);
  form.querySelector("[type=reset]").before(element("div", {}, label, field));
  const passes = field.tagName === "SELECT"
    ? (row) => field.value === "all" || field.value === `=${value(row)}`
    : (row) => value(row).toLowerCase().includes(field.value.trim().toLowerCase());
  return [{ field, passes }];
});
const fieldOf = (title) => filters.find((each) => each.field.dataset.column === title)?.field;
const buttons = [...document.querySelectorAll("button[data-status]")];
const changed = document.querySelector("button[data-changed]");

table.search.fixed("filters", (_text, row) => filters.every((filter) => filter.passes(row)));
function apply() {
  table.search(search.value).draw();
  for (const button of buttons) {
    button.setAttribute("aria-pressed", fieldOf("Status")?.value === `=${words(button.dataset.status)}`);
  }
  changed?.setAttribute("aria-pressed", fieldOf("Changed")?.value === "=changed");
}
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(apply));

function showOnly(title, text) {
  form.reset();
  const field = fieldOf(title);
  if (field) field.value = `=${text}`;
  apply();
  const heading = document.getElementById("devices-heading");
  heading.focus({ preventScroll: true });
  heading.scrollIntoView();
}
for (const button of buttons) {
  button.addEventListener("click", () => showOnly("Status", words(button.dataset.status)));
}
changed?.addEventListener("click", () => showOnly("Changed", "changed"));
for (const button of document.querySelectorAll("button[data-reason]")) {
  button.hidden = false;
  button.addEventListener("click", () => showOnly("Reason", data.reasons[button.dataset.reason]));
}

// -- the timeline shows the device of a bar ----------------------------------------------------------------------------

const bars = document.querySelector(".plot .bars");
if (bars) {
  const ground = bars.querySelector(".ground");
  const pointed = bars.querySelector(".pointed");
  const readout = document.querySelector(".readout");
  const slider = document.querySelector(".chart input");
  const show = (place) => {
    const row = data.rows[data.order[place]];
    const parts = data.phases.flatMap((phase, each) => row[PHASES][each] ? [`${phase} ${seconds(row[PHASES][each])}`] : []);
    const detail = parts.length ? ` (${parts.join(", ")})` : "";
    const details = `: ${words(data.statuses[row[STATUS]])}, began at ${seconds(row[START])}, took ${seconds(row[SECONDS])}${detail}`;
    readout.replaceChildren(link(row), details);
    const height = Math.max(1, data.order.length / 200);
    pointed.setAttribute("height", height);
    pointed.setAttribute("y", place - height / 2);
    if (slider) {
      slider.value = place;
      slider.setAttribute("aria-valuetext", row[NAME] + details);
    }
  };
  const placeOf = (event) => {
    const box = ground.getBoundingClientRect();
    const place = Math.floor((event.clientY - box.top) / box.height * data.order.length);
    return Math.min(Math.max(place, 0), data.order.length - 1);
  };
  bars.addEventListener("pointermove", (event) => show(placeOf(event)));
  bars.addEventListener("click", (event) => {
    const href = data.rows[data.order[placeOf(event)]][HREF];
    if (href) location.href = href;
  });
  slider?.addEventListener("input", () => show(Number(slider.value)));
  document.querySelectorAll(".chart li").forEach((item, place) => item.addEventListener("focusin", () => show(place)));
}

// -- print the whole table if it is not too long -----------------------------------------------------------------------

const MOST_PRINTED = 500;
addEventListener("beforeprint", () => {
  if (table.page.info().recordsDisplay <= MOST_PRINTED) table.page.len(-1).draw();
});
addEventListener("afterprint", () => table.page.len(50).draw());
document.documentElement.dataset.ready = "true";
