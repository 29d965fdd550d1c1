/*
 * A classic script in the head: theme and projector mode stand before the first paint, so that nothing flashes.
 * Without a stored choice the system's preference holds. theme.js changes both later.
 */
(function () {
    "use strict";
    var root = document.documentElement;
    var stored = null;
    try {
        stored = localStorage.getItem("lockfree-lab.theme");
    } catch (error) {
        // Storage is off: the system's preference holds.
    }
    var light = matchMedia("(prefers-color-scheme: light)").matches;
    root.dataset.theme = stored === "dark" || stored === "light" ? stored : light ? "light" : "dark";
    root.dataset.projector = new URLSearchParams(location.search).get("projector") === "1" ? "on" : "off";
})();
