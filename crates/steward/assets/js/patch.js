// Makes a part of the page what the server would show now, and touches nothing else: what somebody is typing, where they
// are, what they opened stays. Elements are the same if they have the same id; `data-keep` is left alone, and `data-stays`
// was put there by a script that also takes it away.

const isControl = (node) => node.matches("input, select, textarea");

// What a control would say if nobody had touched it.
function resting(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.defaultChecked;
  if (control.tagName !== "SELECT") return control.defaultValue;
  const chosen = [...control.options].find((option) => option.defaultSelected) ?? control.options[0];
  return chosen?.value ?? "";
}

const valueOf = (control) => (control.type === "checkbox" || control.type === "radio" ? control.checked : control.value);
export const isTouched = (control) => valueOf(control) !== resting(control);

function attributes(old, fresh) {
  for (const { name, value } of [...fresh.attributes]) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

function control(old, fresh) {
  const isBusy = isTouched(old);
  const before = valueOf(old);
  if (old.tagName === "SELECT") children(old, fresh);
  else if (old.tagName === "TEXTAREA") old.defaultValue = fresh.defaultValue;
  attributes(old, fresh);
  if (old.type === "checkbox" || old.type === "radio") old.checked = isBusy ? before : fresh.checked;
  else if (old.type !== "file") old.value = isBusy ? before : fresh.value;
}

function node(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
  } else if (!old.hasAttribute("data-keep") && (isControl(old) || !old.isEqualNode(fresh))) {
    if (isControl(old)) return control(old, fresh);
    attributes(old, fresh);
    children(old, fresh);
  }
}

const isSame = (old, fresh) =>
  old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id ?? "") === (fresh.id ?? "");

const isBlank = (node) => node?.nodeType === Node.TEXT_NODE && !node.nodeValue.trim();
const stays = (node) => node?.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-stays");

function children(old, fresh) {
  let at = old.firstChild;
  const ids = new Set([...fresh.childNodes].map(({ id }) => id));
  for (const next of [...fresh.childNodes]) {
    while (stays(at)) at = at.nextSibling;
    const named = next.id ? [...old.children].find((child) => child.id === next.id) : null;
    // The parser leaves out some of the blanks between elements.
    const after = isBlank(at) && next.nodeType === Node.ELEMENT_NODE ? at.nextSibling : null;
    if (after && (named ? after === named : isSame(after, next))) at = after;
    if (named && named !== at) {
      const before = [];
      for (let one = at; one && one !== named; one = one.nextSibling) before.push(one);
      const isNext = before.at(-1)?.nextSibling === named && !before.some(({ id }) => id && ids.has(id));
      // What is moved loses the focus: rather goes what stands before it and is there no more.
      if (!isNext) old.insertBefore(named, at);
      else for (const one of before) if (!stays(one)) one.remove();
    }
    const match = named ?? (at && isSame(at, next) ? at : null);
    if (match) {
      at = match.nextSibling;
      node(match, next);
    } else {
      old.insertBefore(document.importNode(next, true), at);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    if (!stays(gone)) gone.remove();
  }
}

export const patch = children;
