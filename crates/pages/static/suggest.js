// Suggestions for fields that hold the keys of other rows, after the combobox pattern of WAI-ARIA. Without it keys are typed.
"use strict";
(() => {
  const PAUSE = 150;
  const MOST_NAMES = 20;

  const rowsOf = (answer) => (Array.isArray(answer) ? answer : Array.isArray(answer?.results) ? answer.results : []);
  const make = (name, attributes = {}, text = "") => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };

  const offer = (input) => {
    const { suggest: list, suggestSearch: search, suggestRow: row, suggestValue: key, suggestLabel: label } = input.dataset;
    const many = "suggestMany" in input.dataset;
    const wait = { timer: 0, asked: undefined };
    let options = [];
    let active = -1;
    // Whether the last part of the field was typed, and not put there.
    let typed = false;
    const names = new Map();

    const box = make("div", { class: "suggest" });
    const menu = make("ul", { role: "listbox", id: `${input.id}-list`, class: "suggest-list", hidden: "" });
    const said = make("span", { role: "status", class: "unseen" });
    const chosen = make("p", { class: "suggest-chosen help", hidden: "" });
    const title = input.labels?.[0]?.textContent.trim() ?? "";
    menu.setAttribute("aria-label", `Suggestions: ${title}`);
    input.replaceWith(box);
    box.append(input, menu, said, chosen);
    for (const [name, value] of Object.entries({
      role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": menu.id,
    })) input.setAttribute(name, value);

    const parts = () => (many ? input.value.split(",") : [input.value]);
    const last = () => parts().at(-1).trim();
    const keys = () => parts().map((part) => part.trim()).filter(Boolean);

    const mark = (index) => {
      active = index;
      options.forEach((option, place) => option.element.setAttribute("aria-selected", String(place === index)));
      if (index < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", options[index].element.id);
        options[index].element.scrollIntoView({ block: "nearest" });
      }
    };
    const close = () => {
      wait.asked?.abort();
      clearTimeout(wait.timer);
      menu.hidden = true;
      input.setAttribute("aria-expanded", "false");
      said.textContent = "";
      mark(-1);
    };
    const open = () => {
      menu.hidden = false;
      input.setAttribute("aria-expanded", "true");
    };

    // What the keys in the field stand for.
    const tell = () => {
      const told = keys().map((one) => names.get(one)).filter(Boolean);
      chosen.textContent = told.join(" · ");
      chosen.hidden = told.length === 0;
    };
    const learn = async () => {
      if (!row || !label) return;
      for (const one of keys().filter((known) => !names.has(known)).slice(0, MOST_NAMES)) {
        try {
          const answer = await fetch(row.replace("{}", encodeURIComponent(one)), { headers: { accept: "application/json" } });
          const found = answer.ok ? await answer.json() : {};
          if (typeof found[label] === "string") names.set(one, found[label]);
        } catch { return; }
      }
      tell();
    };

    const choose = (option) => {
      const before = many ? parts().slice(0, -1).map((part) => part.trim()).filter((part) => part !== option.key) : [];
      input.value = [...before, option.key].join(", ");
      if (option.label) names.set(option.key, option.label);
      typed = false;
      close();
      tell();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const show = (rows, words) => {
      const wanted = search ? "" : words.toLowerCase();
      options = rows
        .filter((one) => one !== null && typeof one === "object" && one[key] !== undefined && one[key] !== null)
        .map((one) => ({ key: String(one[key]), label: label && one[label] != null ? String(one[label]) : "" }))
        .filter((one) => `${one.label} ${one.key}`.toLowerCase().includes(wanted));
      menu.replaceChildren(...options.map((option, index) => {
        option.element = make("li", { role: "option", id: `${menu.id}-${index}`, "aria-selected": "false" });
        option.element.append(make("span", {}, option.label || option.key));
        if (option.label) option.element.append(make("span", { class: "suggest-key" }, option.key));
        option.element.addEventListener("click", () => choose(option));
        return option.element;
      }));
      mark(-1);
      said.textContent = options.length === 1 ? "1 suggestion" : `${options.length} suggestions`;
      if (options.length > 0) open();
      else {
        menu.hidden = true;
        input.setAttribute("aria-expanded", "false");
      }
    };
    const ask = async () => {
      wait.asked?.abort();
      wait.asked = new AbortController();
      const words = typed ? last() : "";
      const address = search && words ? `${list}&${new URLSearchParams([[search, words]])}` : list;
      try {
        const answer = await fetch(address, { headers: { accept: "application/json" }, signal: wait.asked.signal });
        show(answer.ok ? rowsOf(await answer.json()) : [], words);
      } catch (error) {
        if (error.name !== "AbortError") close();
      }
    };

    input.addEventListener("input", () => {
      typed = true;
      clearTimeout(wait.timer);
      wait.timer = setTimeout(ask, PAUSE);
      tell();
    });
    input.addEventListener("click", () => { if (menu.hidden) ask(); });
    input.addEventListener("blur", () => { close(); learn(); });
    // The field keeps the focus while somebody points at the list.
    menu.addEventListener("pointerdown", (event) => event.preventDefault());
    input.addEventListener("keydown", (event) => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move && menu.hidden) ask();
      else if (move) mark(active + move >= options.length ? -1 : active + move < -1 ? options.length - 1 : active + move);
      else if (event.key === "Enter" && !menu.hidden && active >= 0) choose(options[active]);
      else if (event.key === "Escape" && !menu.hidden) close();
      else return;
      event.preventDefault();
    });
    learn();
  };

  document.querySelectorAll("input[data-suggest]").forEach(offer);
})();
