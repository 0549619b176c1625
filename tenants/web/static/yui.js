// Sharpens pages that already work without it: focus, questions before dangerous buttons, double sending, unsaved entries,
// a warning before the session ends.
"use strict";

(() => {
  const guarded = new Map();

  const entries = (form) => new URLSearchParams(
    [...new FormData(form)].filter(([, value]) => typeof value === "string"),
  ).toString();

  function prepare(root) {
    root.querySelectorAll("form[data-guard]").forEach((form) => guarded.set(form, entries(form)));
    const focus = root.querySelector("[data-focus]");
    if (focus) focus.focus();
  }

  prepare(document);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter && event.submitter.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    // Not form.method: a field may be named "method" and would stand in its place.
    if (form.getAttribute("method") !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
    guarded.delete(form);
    // A download answers without leaving the page, so the form opens again; five seconds outlast a double click.
    window.setTimeout(() => { delete form.dataset.sent; form.removeAttribute("aria-busy"); }, 5000);
  });

  window.addEventListener("beforeunload", (event) => {
    for (const [form, before] of guarded) {
      if (form.isConnected && entries(form) !== before) event.preventDefault();
    }
  });

  // The browser's back button may bring back a page whose form was already sent.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }));

  document.addEventListener("htmx:afterSwap", (event) => {
    prepare(event.target.parentNode || document);
    const said = document.querySelector("[data-announce]");
    const region = document.getElementById("announcement");
    if (said && region && region.textContent !== said.dataset.announce) region.textContent = said.dataset.announce;
  });

  // Five minutes before the session ends for want of a request, ask; the page and what is typed in it stay as they are.
  const WARN_SECONDS = 300;
  const aliveUrl = document.body.dataset.aliveUrl;
  const warning = document.getElementById("session-warning");
  let endsAt = 0;

  const countFrom = (seconds) => { endsAt = Date.now() + seconds * 1000; };

  async function stay() {
    try {
      const answer = await fetch(aliveUrl, { credentials: "same-origin", redirect: "error", cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      countFrom(Number(await answer.text()));
      warning.close();
    } catch {
      warning.querySelector(".session-warning__failed").hidden = false;
    }
  }

  if (warning && aliveUrl) {
    countFrom(Number(document.body.dataset.sessionSeconds));
    warning.querySelector("[data-stay]").addEventListener("click", stay);
    document.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.successful) countFrom(Number(document.body.dataset.sessionSeconds));
    });
    window.setInterval(() => {
      const left = Math.round((endsAt - Date.now()) / 1000);
      if (left > WARN_SECONDS) return;
      warning.querySelector("[data-minutes-left]").textContent = String(Math.max(Math.ceil(left / 60), 0));
      if (!warning.open && left > 0) warning.showModal();
    }, 1000);
  }

  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector(".menu[open]");
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
