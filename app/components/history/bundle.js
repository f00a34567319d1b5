// app/components/history/index.js
var GESTURES = ["pointerdown", "click", "keydown", "input", "drop", "paste"];
var YEAR = 365 * 24 * 3600;
function install() {
  const { history: history2 } = window;
  if (Object.hasOwn(history2, "pushState")) return;
  let gesture = navigator.userActivation.hasBeenActive;
  const push = history2.pushState.bind(history2);
  for (const kind of [...GESTURES, "popstate"]) {
    window.addEventListener(
      kind,
      () => {
        gesture = kind !== "popstate";
      },
      { capture: true, passive: true }
    );
  }
  history2.pushState = (state, title, url) => {
    if (gesture) push(state, title, url);
    else history2.replaceState(state, title, url);
    gesture = false;
  };
}
function show(own) {
  const query = new URLSearchParams(own);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name.startsWith("embed")) query.append(name, value);
  }
  const { state } = window.history;
  window.history.replaceState(state, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`);
}
function history({ data: { page, query, remember, cookie }, setTriggerValue }) {
  install();
  if (page !== null) {
    if (location.pathname.split("/").pop() === page) show(query);
    setTriggerValue("ready", true);
  }
  if (remember === null) return;
  document.cookie = `${cookie}=${encodeURIComponent(remember)}; path=/; max-age=${YEAR}; SameSite=Lax`;
}
export {
  history as default
};
