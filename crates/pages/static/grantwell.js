// Comfort for pages that work without it: colour scheme, copying, showing passwords, unsent changes, local times.
"use strict";
(() => {
  const root = document.documentElement;
  const schemes = ["", "light", "dark"];
  const names = { "": "the system's", light: "light", dark: "dark" };

  const recall = () => {
    try { return localStorage.getItem("grantwell-theme") || ""; } catch { return ""; }
  };
  const dress = (scheme) => {
    if (scheme === "light" || scheme === "dark") root.dataset.theme = scheme;
    else delete root.dataset.theme;
  };
  // At once, before the first paint.
  dress(recall());

  const offerThemes = (button) => {
    const label = () => {
      const text = `Colour scheme: ${names[root.dataset.theme || ""]}`;
      button.setAttribute("aria-label", text);
      button.title = text;
    };
    button.addEventListener("click", () => {
      const next = schemes[(schemes.indexOf(root.dataset.theme || "") + 1) % schemes.length];
      try { localStorage.setItem("grantwell-theme", next); } catch { /* not kept, still changed */ }
      dress(next);
      label();
    });
    label();
    button.hidden = false;
  };

  const offerCopy = (box) => {
    const button = box.querySelector(".copy");
    const text = box.querySelector("code");
    if (!button || !text || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      let said = "Copied";
      try {
        await navigator.clipboard.writeText(text.textContent);
      } catch {
        getSelection().selectAllChildren(text);
        said = "Selected";
      }
      button.textContent = said;
      button.classList.add("done");
      setTimeout(() => {
        button.textContent = button.dataset.label;
        button.classList.remove("done");
      }, 2000);
    });
    button.setAttribute("aria-live", "polite");
  };

  const offerReveal = (box) => {
    const button = box.querySelector(".reveal");
    const input = box.querySelector("input");
    if (!button || !input) return;
    const show = (shown) => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? "Hide" : "Show";
      button.setAttribute("aria-label", shown ? "Hide the password" : "Show the password");
    };
    show(false);
    button.hidden = false;
    button.addEventListener("click", () => {
      show(input.type === "password");
      input.focus();
    });
    // Never sent, and never offered for autofill, as plain text.
    if (input.form) input.form.addEventListener("submit", () => show(false));
  };

  const guard = (form) => {
    const state = () => new URLSearchParams([...new FormData(form)].map(([k, v]) => [k, String(v)])).toString();
    const before = state();
    let sent = false;
    form.addEventListener("submit", () => { sent = true; });
    addEventListener("beforeunload", (event) => {
      if (!sent && state() !== before) event.preventDefault();
    });
    addEventListener("pageshow", () => { sent = false; });
  };

  const localise = (time) => {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) return;
    time.title = time.textContent;
    time.textContent = moment.toLocaleString(root.lang || undefined, {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
    each("[data-theme-switch]", offerThemes);
    each("[data-copy]", offerCopy);
    each("[data-password]", offerReveal);
    each("form[data-guard]", guard);
    each("form[data-send]", (form) => form.submit());
    each("time[datetime]", localise);
    const summary = document.querySelector("[data-summary]");
    if (summary) summary.focus({ preventScroll: true });
  });
})();
