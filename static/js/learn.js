/** Entry of the course's pages: figures that play, what has been read and solved, light and dark. */

import { createApi } from "./api.js";
import { h, setAttribute, setText } from "./dom.js";
import { createLayout } from "./layout.js";
import { createFigure } from "./learn-figure.js";
import { chaptersRead, forgetProgress, keepRead, puzzlesSolved } from "./progress.js";
import { installReadingTools } from "./reading-tools.js";

const bootstrap = JSON.parse(document.getElementById("bootstrap").textContent);
const chapter = document.querySelector(".course").dataset.chapter ?? null;

/** Figures are built when they come near the window: a chapter opens at once. */
function installFigures() {
    const shared = { api: createApi(), layout: createLayout(bootstrap.layout) };
    const observer = new IntersectionObserver(
        (entries) => {
            for (const { isIntersecting, target } of entries) {
                if (!isIntersecting) continue;
                observer.unobserve(target);
                createFigure(target, shared);
            }
        },
        { rootMargin: "600px" },
    );
    document.querySelectorAll("figure[data-live]").forEach((figure) => observer.observe(figure));
}

/** A chapter is read when its puzzle has come into view. */
function watchForTheEnd() {
    const end = document.getElementById("puzzle");
    if (!chapter || !end) return;
    const observer = new IntersectionObserver((entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        keepRead(chapter);
        showProgress();
    });
    observer.observe(end);
}

function showProgress() {
    const read = chaptersRead();
    const solved = puzzlesSolved();
    for (const place of document.querySelectorAll("[data-chapter-state]")) {
        const isRead = read.has(place.dataset.chapterState);
        place.classList.toggle("read", isRead);
        place.replaceChildren(...(isRead ? [h("span", { className: "visually-hidden" }, "read")] : []));
    }
    for (const place of document.querySelectorAll("[data-puzzle]")) {
        const steps = solved.get(place.dataset.puzzle);
        place.classList.toggle("solved", steps !== undefined);
        setText(place.querySelector("[data-puzzle-state]"), solvedText(steps, Number(place.dataset.par)));
    }
    showCover(read, solved);
}

function solvedText(steps, par) {
    if (steps === undefined) return "";
    return steps <= par ? "Solved, at par" : `Solved in ${steps}`;
}

function showCover(read, solved) {
    const forget = document.getElementById("forget");
    if (!forget) return;
    forget.hidden = read.size + solved.size === 0;
    const links = [...document.querySelectorAll(".cover-list a")];
    const unread = links.findIndex((link) => !link.querySelector(".read"));
    const go = document.getElementById("continue");
    const next = unread < 0 ? 0 : unread;
    go.href = links[next].href;
    setText(go, coverText(unread, read.size));
}

function coverText(unread, read) {
    if (unread < 0) return "Read it again from chapter 1";
    return read > 0 ? `Go on with chapter ${unread + 1}` : "Begin with chapter 1";
}

function installTools() {
    const follow = (relation) => document.querySelector(`.around a[rel=${relation}]`)?.click();
    installReadingTools({ n: () => follow("next"), p: () => follow("prev") }); // the neighbouring chapters
    document.getElementById("forget")?.addEventListener("click", () => {
        forgetProgress();
        showProgress();
    });
}

/** What is wider than the window scrolls by itself, and then the keyboard must get at it. */
function watchWidths() {
    const observer = new ResizeObserver((entries) => {
        for (const { target } of entries) {
            const isWide = target.scrollWidth > target.clientWidth;
            setAttribute(target, "tabindex", isWide ? "0" : null);
            setAttribute(target, "role", isWide ? "group" : null);
            setAttribute(target, "aria-label", isWide ? (target.dataset.wide ?? "Code") : null);
        }
    });
    document.querySelectorAll(".chapter pre, [data-wide]").forEach((wide) => observer.observe(wide));
}

installTools();
installFigures();
watchWidths();
watchForTheEnd();
showProgress();
window.addEventListener("storage", showProgress);
