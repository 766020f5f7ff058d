"use strict";

// Keeps the parts of the page up to date that say so (data-live), and sends its forms without
// leaving it. Without this file the page works by reloading.
(() => {
  const EVERY = 1000;
  const SHOWN = 6000;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const live = document.getElementById("live");
  const outcome = document.getElementById("outcome");
  const state = document.getElementById("live-state");
  const button = document.getElementById("live-switch");
  let paused = false;
  let known = "";
  let latest = 0;
  let timer;
  let fading;

  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  function tell(name, text) {
    live.dataset.state = name;
    if (state.textContent !== text) state.textContent = text;
  }

  function flash(row) {
    if (calm.matches) return;
    row.animate([{ backgroundColor: "rgb(15 118 110 / 18%)" }, {}], 1200);
  }

  // Rows that are the same stay the same nodes, so that nobody loses what they have opened,
  // selected or gone to with the keyboard.
  function updateRows(old, fresh) {
    const wanted = new Set([...fresh.children].map((row) => row.id));
    for (const row of [...old.children]) if (!wanted.has(row.id)) row.remove();
    const known = new Map([...old.children].map((row) => [row.id, row]));
    let place = old.firstElementChild;
    for (const row of [...fresh.children]) {
      const before = known.get(row.id);
      const isSame = before?.isEqualNode(row) ?? false;
      if (before && before === place) {
        place = place.nextElementSibling;
        if (!isSame) exchange(before, row);
      } else {
        if (!isSame) before?.remove();
        old.insertBefore(isSame ? before : row, place);
      }
      if (!isSame && !row.classList.contains("none")) flash(row);
    }
  }

  function updateOptions(old, fresh) {
    if (old === document.activeElement) return;
    const chosen = old.value;
    old.replaceChildren(...fresh.children);
    old.value = chosen;
    if (old.selectedIndex < 0) old.selectedIndex = 0;
  }

  function exchange(old, fresh) {
    const hadFocus = old.contains(document.activeElement) && document.activeElement.tagName;
    old.replaceWith(fresh);
    if (hadFocus) fresh.querySelector(hadFocus)?.focus({ preventScroll: true });
  }

  function update(fresh) {
    addCopying(fresh);
    for (const details of fresh.querySelectorAll("details[id]")) {
      const before = document.getElementById(details.id);
      if (before) details.open = before.open;
    }
    for (const old of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(old.id);
      if (!other || old.isEqualNode(other)) continue;
      if (old.dataset.live === "rows") updateRows(old, other);
      else if (old.dataset.live === "options") updateOptions(old, other);
      else exchange(old, other);
    }
  }

  async function load(address, options) {
    const turn = ++latest;
    const reply = await fetch(address, { cache: "no-store", ...options });
    const text = await reply.text();
    if (turn === latest && reply.ok && text !== known) {
      known = text;
      update(parse(text));
    }
    return { reply, text };
  }

  async function refresh() {
    clearTimeout(timer);
    if (!paused && !document.hidden) {
      try {
        const { reply } = await load(location.href);
        if (reply.ok) tell("on", "Live");
        else tell("lost", "Reload the page");
      } catch {
        tell("lost", "No connection");
      }
    }
    clearTimeout(timer);
    timer = setTimeout(refresh, EVERY);
  }

  // What went well says so for a while; what did not, and a key to copy, stays until dismissed.
  function showOutcome(nodes) {
    outcome.replaceChildren(...nodes);
    addCopying(outcome);
    clearTimeout(fading);
    if (outcome.querySelector(".good")) fading = setTimeout(fade, SHOWN);
  }

  function fade() {
    if (outcome.matches(":hover, :focus-within")) fading = setTimeout(fade, SHOWN);
    else outcome.replaceChildren();
  }

  function complain(text) {
    const told = document.createElement("p");
    told.className = "outcome bad";
    told.textContent = text;
    const dismiss = document.createElement("a");
    dismiss.className = "dismiss";
    dismiss.href = location.href;
    dismiss.textContent = "Dismiss";
    showOutcome([told, dismiss]);
  }

  // A button that takes what stands before it.
  function addCopying(shown) {
    for (const copied of shown.querySelectorAll("[data-copy]:not(:has(+ .copy))")) {
      const copy = document.createElement("button");
      copy.type = "button";
      copy.className = "quiet copy";
      copy.textContent = "Copy";
      copied.after(copy);
    }
  }

  async function take(copy) {
    try {
      await navigator.clipboard.writeText(copy.previousElementSibling.textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(copy.previousElementSibling);
      copy.textContent = "Press Ctrl-C";
    }
    setTimeout(() => (copy.textContent = "Copy"), SHOWN / 2);
  }

  async function send(form) {
    const pressed = form.querySelector("button");
    if (pressed.getAttribute("aria-busy") === "true") return;
    pressed.setAttribute("aria-busy", "true");
    try {
      const body = new URLSearchParams(new FormData(form));
      const { reply, text } = await load(form.action, { method: "POST", body });
      if (reply.ok) showOutcome(parse(text).getElementById("outcome").children);
      else complain(text);
    } catch {
      complain("The sandbox does not answer: is it still running?");
    } finally {
      pressed.removeAttribute("aria-busy");
    }
    refresh();
  }

  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    event.preventDefault();
    send(event.target);
  });

  document.addEventListener("click", (event) => {
    if (event.target.matches(".copy")) take(event.target);
    if (!event.target.matches(".dismiss")) return;
    event.preventDefault();
    showOutcome([]);
  });

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    tell(paused ? "off" : "on", paused ? "Paused" : "Live");
    refresh();
  });

  document.addEventListener("visibilitychange", refresh);

  const here = new URL(location.href);
  if (here.searchParams.has("outcome")) {
    here.searchParams.delete("outcome");
    history.replaceState(null, "", here);
  }
  document.documentElement.classList.add("js");
  addCopying(document);
  showOutcome([...outcome.children]);
  live.hidden = false;
  refresh();
})();
