// Streamlit makes a step of the history from every change of the address: two where one opens a page, another where the
// script corrects what it was asked for. Here they become one for each gesture of the user, and none without a gesture.

/** @import { ComponentCall } from "../common/types.d.ts" */

/** @typedef {{ page: string | null, query: string, remember: string | null, cookie: string }} Data */

// "input" rather than "change", which does not leave a component.
const GESTURES = ["pointerdown", "click", "keydown", "input", "drop", "paste"];
const YEAR = 365 * 24 * 3600; // seconds

/** Once in a page, for as long as it is open. */
function install() {
  const { history } = window;
  if (Object.hasOwn(history, "pushState")) return;
  let gesture = navigator.userActivation.hasBeenActive; // what it leads to may still be on its way
  const push = history.pushState.bind(history);
  for (const kind of [...GESTURES, "popstate"]) {
    window.addEventListener(
      kind,
      () => {
        gesture = kind !== "popstate"; // what scripts do after Back or Forward is part of it
      },
      { capture: true, passive: true },
    );
  }
  history.pushState = (state, title, url) => {
    if (gesture) push(state, title, url);
    else history.replaceState(state, title, url);
    gesture = false;
  };
}

/** @param {string} own the parameters of the page; Streamlit's own are kept */
function show(own) {
  const query = new URLSearchParams(own);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name.startsWith("embed")) query.append(name, value);
  }
  const { state } = window.history;
  window.history.replaceState(state, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`);
}

/** @param {ComponentCall<Data>} call */
export default function history({ data: { page, query, remember, cookie }, setTriggerValue }) {
  install();
  if (page !== null) {
    if (location.pathname.split("/").pop() === page) show(query); // else another page is on its way
    setTriggerValue("ready", true);
  }
  if (remember === null) return;
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it before any script of the page runs
  document.cookie = `${cookie}=${encodeURIComponent(remember)}; path=/; max-age=${YEAR}; SameSite=Lax`;
}
