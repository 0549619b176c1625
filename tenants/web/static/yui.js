// Sharpens pages that already work without it: focus, questions before dangerous buttons, double sending, unsaved entries.
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

  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector(".menu[open]");
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
