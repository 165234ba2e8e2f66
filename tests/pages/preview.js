async (state) => {
  const OWN = new Set(["href", "value", "id", "title", "label"]);
  const fill = (root, data) => {
    for (const [key, value] of Object.entries(data)) {
      if (Array.isArray(value)) {
        for (const list of root.querySelectorAll(`[data-list="${key}"]`)) {
          const template = list.querySelector(":scope > template");
          list.querySelectorAll(":scope > :not(template)").forEach((old) => old.remove());
          for (const entry of value) {
            const copy = template.content.cloneNode(true);
            fill(copy, entry);
            list.append(copy);
          }
        }
        continue;
      }
      root.querySelectorAll(`[data-bind="${key}"]`).forEach((node) => { node.textContent = value; });
      for (const node of root.querySelectorAll("*")) {
        for (const attribute of [...node.attributes]) {
          if (!attribute.name.startsWith("data-bind-") || attribute.value !== key) continue;
          const name = attribute.name.slice("data-bind-".length);
          node.setAttribute(OWN.has(name) ? name : `data-${name}`, value);
        }
      }
    }
  };
  if (state.step) for (const step of document.querySelectorAll("[data-step]")) step.hidden = step.dataset.step !== state.step;
  for (const [scope, data] of Object.entries(state.fill ?? {})) {
    for (const root of scope === "*" ? [document] : document.querySelectorAll(scope)) fill(root, data);
  }
  for (const [name, chosen] of Object.entries(state.choose ?? {})) {
    for (const box of document.querySelectorAll(`[data-choose="${name}"]`)) {
      box.hidden = false;
      for (const one of box.querySelectorAll("[data-case]")) one.hidden = one.dataset.case !== chosen;
    }
  }
  for (const selector of state.show ?? []) document.querySelectorAll(selector).forEach((node) => { node.hidden = false; });
  for (const selector of state.hide ?? []) document.querySelectorAll(selector).forEach((node) => { node.hidden = true; });
  for (const [selector, attributes] of Object.entries(state.attributes ?? {})) {
    for (const node of document.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (name in { checked: 1, disabled: 1, open: 1 }) node[name] = value; else node.setAttribute(name, value);
      }
    }
  }
  for (const name of state.dialog ? [state.dialog] : []) document.querySelector(`[data-dialog="${name}"]`).showModal();
  if (state.step === "call") document.body.dataset.view = "call";
}
