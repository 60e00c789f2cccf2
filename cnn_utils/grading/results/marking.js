"use strict";
const { sheet, columns, batch, tasks, rows } = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const texts = rows.filter((row) => "html" in row);
const key = (row) => `${row.id}/${row.task}`;
const STORE = `cnn_utils marking ${batch}`;
// What was typed here and is not in the sheet from which this page was made: "points|comment" is
// `before` in that sheet, and `given` in the newest one, which may be a download.
const drafts = new Map();
let task = null, row = null;

function read() {
  try {
    for (const [name, draft] of JSON.parse(localStorage.getItem(STORE) || "[]")) {
      const found = texts.find((one) => key(one) === name);
      if (found && draft.before === written(found)) drafts.set(name, draft);
    }
  } catch { /* A browser may refuse to keep anything for a file. */ }
}

function keep() {
  try { localStorage.setItem(STORE, JSON.stringify([...drafts])); } catch { /* see read */ }
}

const valueOf = (one) => drafts.get(key(one)) || one;
const written = ({ points, comment }) => `${points}|${comment}`;
const isMarked = (one) => valueOf(one).points !== "";
const ofTask = () => texts.filter((one) => one.task === task.name);

/** Return the points as typed, with a decimal point; null if they are invalid. */
function parsed(text, most) {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return "";
  return /^\d+(\.\d+)?$/.test(plain) && Number(plain) <= most ? plain : null;
}

function showTask(name) {
  task = tasks.find((one) => one.name === name);
  $("task").value = name;
  $("question").innerHTML = task.question;
  $("question-part").hidden = !task.question;
  $("model").innerHTML = task.answer;
  $("most").textContent = task.most;
  show(ofTask().find((one) => !isMarked(one)) || ofTask()[0]);
}

function show(next) {
  row = next;
  const all = ofTask(), value = valueOf(row);
  $("which").textContent = `Text ${all.indexOf(row) + 1} of ${all.length}, ${row.id}`;
  $("answer").innerHTML = row.html; // made safe when the page was written
  $("figures").replaceChildren(...row.figures.map((source, i) => {
    const image = document.createElement("img");
    image.src = source;
    image.alt = `Figure ${i + 1} of this group`;
    return image;
  }));
  $("points").value = value.points;
  $("comment").value = value.comment;
  $("problem").textContent = "";
  showRubric();
  showBank();
  showProgress();
  scrollTo(0, 0);
  $("points").focus();
  $("points").select();
}

function showRubric() {
  $("rubric").replaceChildren(...task.rubric.map(({ text, points }, i) => {
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.tabIndex = -1; // letters choose it, and Tab goes to the comment
    box.dataset.points = points;
    box.addEventListener("change", addUp);
    const letter = document.createElement("kbd");
    letter.textContent = String.fromCharCode(97 + i);
    label.append(box, letter, ` ${text}`);
    return label;
  }));
}

function addUp() {
  const boxes = [...$("rubric").querySelectorAll("input:checked")];
  const sum = boxes.reduce((total, box) => total + Number(box.dataset.points), 0);
  $("points").value = String(Math.min(Math.round(sum * 100) / 100, task.most));
}

/** Return the comments of this task, the most frequent first. */
function bank() {
  const counts = new Map();
  for (const one of rows.filter((other) => other.task === task.name)) {
    const comment = valueOf(one).comment.trim();
    if (comment) counts.set(comment, (counts.get(comment) || 0) + 1);
  }
  return [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, 9);
}

function showBank() {
  const comments = bank();
  $("bank-title").hidden = comments.length === 0;
  $("bank").replaceChildren(...comments.map((comment, i) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = `${i + 1}  ${comment}`;
    button.addEventListener("click", () => insert(comment));
    item.append(button);
    return item;
  }));
}

function insert(comment) {
  const box = $("comment");
  box.value = box.value.trim() ? `${box.value.trim()} ${comment}` : comment;
  $("points").focus();
}

function showProgress() {
  const n = ofTask().filter(isMarked).length, all = texts.filter(isMarked).length;
  const n_new = [...drafts.values()].filter((draft) => draft.given !== written(draft)).length;
  const waiting = n_new ? `; ${n_new} not yet downloaded` : "";
  $("progress").textContent = `${n} of ${ofTask().length} marked, ${all} of ${texts.length} in all${waiting}`;
}

/** Keep what stands in the form; return whether it is valid. */
function save() {
  const points = parsed($("points").value, task.most);
  if (points === null) {
    $("problem").textContent = `Points must be a number from 0 to ${task.most}.`;
    $("points").select();
    return false;
  }
  const comment = $("comment").value, before = written(row);
  const { given = before } = drafts.get(key(row)) || {};
  const draft = { points, comment, before, given };
  if (written(draft) === before && given === before) drafts.delete(key(row));
  else drafts.set(key(row), draft);
  keep();
  return true;
}

function move(step) {
  if (!save()) return;
  const all = ofTask(), place = all.indexOf(row) + step;
  show(all[Math.max(0, Math.min(place, all.length - 1))]);
}

function next() {
  if (!save()) return;
  const all = ofTask(), after = all.slice(all.indexOf(row) + 1);
  const open = [...after, ...all].find((one) => !isMarked(one) && one !== row);
  if (open) return show(open);
  const other = tasks.find(({ name }) => texts.some((one) => one.task === name && !isMarked(one)));
  if (other && other !== task) return showTask(other.name);
  show(after[0] || row);
}

function cell(text) {
  return /[",\n\r;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet would run these as a formula. */
const quoted = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

function asCsv() {
  const lines = rows.map((one) => {
    const { points, comment } = valueOf(one);
    const values = { ...one, points, comment: comment === one.comment ? comment : quoted(comment) };
    return columns.map((name) => cell(String(values[name]))).join(",");
  });
  return `\ufeff${[columns.join(","), ...lines].join("\n")}\n`;
}

function download() {
  if (!save()) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([asCsv()], { type: "text/csv" }));
  link.download = sheet;
  link.click();
  URL.revokeObjectURL(link.href);
  for (const draft of drafts.values()) draft.given = written(draft);
  keep();
  showProgress();
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); next(); });
$("back").addEventListener("click", () => move(-1));
$("skip").addEventListener("click", () => move(1));
$("download").addEventListener("click", download);
$("task").addEventListener("change", () => { const name = $("task").value; if (save()) showTask(name); else $("task").value = task.name; });
$("points").addEventListener("keydown", (event) => {
  const box = $("rubric").querySelectorAll("input")[event.key.charCodeAt(0) - 97];
  if (event.key.length === 1 && box && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    box.click();
    $("points").focus();
  }
});
document.addEventListener("keydown", (event) => {
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key === "Enter") next();
  else if (isCommand && event.key === "s") download();
  else if (event.key === "PageDown") move(1);
  else if (event.key === "PageUp") move(-1);
  else if (event.altKey && /^[1-9]$/.test(event.key) && bank()[event.key - 1]) insert(bank()[event.key - 1]);
  else return;
  event.preventDefault();
});

read();
for (const { name, heading } of tasks) $("task").add(new Option(heading, name));
if (texts.length) showTask((tasks.find(({ name }) => texts.some((one) => one.task === name && !isMarked(one))) || tasks[0]).name);
