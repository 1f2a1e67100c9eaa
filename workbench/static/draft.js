// Keeps what is being typed about one work item: a moment after each key, and at once when the page goes away;
// and keeps the item itself, by a heartbeat, for as long as the page is open.
// Attached to the native text area, so that typing costs no script run; what cannot be sent waits in this browser.
const WAIT_MS = 700;
const BEAT_MS = 60_000;
const HEADERS = { "Content-Type": "application/json", "X-Workbench": "1" };

export default function ({ data, parentElement, setTriggerValue }) {
  // the same element may be handed from one work item to the next
  if (parentElement.__draft && parentElement.__draft.item !== data.item) close(parentElement);
  const keep = (parentElement.__draft ??= start(parentElement, setTriggerValue, data));
  keep.redrawn(data);
  return () => close(parentElement);
}

function close(parent) {
  parent.__draft?.stop();
  delete parent.__draft;
}

function start(parent, setTriggerValue, first) {
  const place = `draft:${first.user}:${first.item}`;
  const status = parent.querySelector("[data-status]");
  status.dataset.status = "";
  let data = first;
  let note = first.note;
  let fields = JSON.stringify(first.fields);
  let kept = JSON.stringify([note, first.fields]);
  let timer = null;
  let stopped = false;

  const say = (word) => {
    status.dataset.status = word;
    status.textContent = data.words[word];
  };
  const body = () => JSON.stringify({ note, fields: JSON.parse(fields) });
  const dirty = () => JSON.stringify([note, JSON.parse(fields)]) !== kept;

  const send = async (keepalive = false) => {
    clearTimeout(timer);
    if (!dirty()) return;
    const sent = JSON.stringify([note, JSON.parse(fields)]);
    try {
      localStorage.setItem(place, body());
      const answer = await fetch(`/api/draft/${data.item}`, { method: "PUT", headers: HEADERS, body: body(), keepalive });
      if (answer.status === 409) return say("lost");
      if (!answer.ok) throw new Error(String(answer.status));
      kept = sent;
      localStorage.removeItem(place);
      if (!stopped) say(dirty() ? "unsaved" : "saved");
    } catch {
      if (!stopped) {
        say("local");
        timer = setTimeout(send, 5000);
      }
    }
  };
  const beat = async () => {
    const answer = await fetch(`/api/heartbeat/${data.item}`, { method: "POST", headers: HEADERS }).catch(() => null);
    if (answer?.ok && !(await answer.json()).held) say("lost");
  };
  const later = () => {
    if (!dirty()) return;
    say("unsaved");
    clearTimeout(timer);
    timer = setTimeout(send, WAIT_MS);
  };

  const typed = (event) => {
    if (!event.target.closest?.(`.st-key-note-${first.item}`)) return;
    note = event.target.value;
    later();
  };
  // The widget under the cursor is told first what was typed in it, then the button is pressed: date and time fields
  // swallow the keys of Streamlit's own shortcut.
  const shortcut = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat) return;
    document.activeElement?.blur?.();
    setTimeout(() => document.querySelector(["save", "close", "ask-button"].map((key) => `.st-key-${key}-${first.item} button`).join())?.click(), 0);
  };
  const dialled = (event) => {
    const point = event.target.closest?.("a[data-point]")?.dataset.point;
    if (point) setTriggerValue("dialled", Number(point));
  };
  const leaving = () => send(true);
  document.addEventListener("input", typed, true);
  window.addEventListener("keydown", shortcut, true);
  document.addEventListener("click", dialled, true);
  window.addEventListener("pagehide", leaving);
  const beats = setInterval(beat, BEAT_MS);
  // the lawful hours end: the page has to say so, and its numbers may no longer be dialled
  const closing = first.closes === null ? null : setTimeout(() => setTriggerValue("closed", true), first.closes);

  // drawn anew under somebody's hands: what stands in the field is newer than what the page knows
  const area = document.querySelector(`.st-key-note-${first.item} textarea`);
  if (area && area === document.activeElement) note = area.value;

  const left = localStorage.getItem(place);
  if (left) {
    const found = JSON.parse(left);
    if (found.note !== first.note) setTriggerValue("found", found);
    else localStorage.removeItem(place);
  }
  focusOn(`.st-key-outcome-${first.item} input`);

  return {
    item: first.item,
    redrawn(now) {
      const chosen = now.fields.outcome && now.fields.outcome !== data.fields.outcome;
      data = now;
      if (chosen) focusOn(now.asks ? `.st-key-fields-${now.item} :is(input, [role=spinbutton])` : `.st-key-note-${now.item} textarea`);
      fields = JSON.stringify(now.fields);
      if (!status.dataset.status) say(now.saved ? "saved" : "empty");
      later();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearInterval(beats);
      clearTimeout(closing);
      document.removeEventListener("input", typed, true);
      window.removeEventListener("keydown", shortcut, true);
      document.removeEventListener("click", dialled, true);
      window.removeEventListener("pagehide", leaving);
    },
  };
}

// The form is drawn in pieces, each of which may take the cursor away again: the field that should have it is asked
// for until it has kept it for a while, or a person has pressed a key or clicked elsewhere. A value that arrives after
// the cursor leaves it behind its last digit: the first key replaces what stands there, however late the value came.
function focusOn(selector) {
  let tries = 50;
  let kept = 0;
  const wanted = () => {
    // a kind of widget seen for the first time is still on its way: its neighbour must not get the cursor
    const coming = document.querySelector("[class*=st-key-fields-] [data-testid=stSkeleton]");
    return coming ? null : document.querySelector(selector);
  };
  const stop = (event) => {
    tries = 0;
    for (const hand of ["keydown", "pointerdown"]) window.removeEventListener(hand, stop, true);
    const field = wanted();
    if (event.type === "keydown" && field && field === document.activeElement) replaceable(field);
  };
  const look = () => {
    if (tries-- <= 0 || kept >= 8) return;
    const field = wanted();
    if (field && field === document.activeElement) kept += 1;
    else if (field) {
      kept = 0;
      field.focus({ preventScroll: true });
      replaceable(field);
    }
    setTimeout(look, 60);
  };
  for (const hand of ["keydown", "pointerdown"]) window.addEventListener(hand, stop, true);
  setTimeout(look, 0);
}

// What is proposed in a field gives way to what is typed; a note goes on where it ends.
function replaceable(field) {
  if (field.tagName === "INPUT") field.select();
  else field.setSelectionRange?.(field.value.length, field.value.length);
}
