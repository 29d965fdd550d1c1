/** How figures, times and tables of Measure are written. */

import { csvOf } from "../../static/js/measure/table.js";
import { figure, moment, plusMinus, span } from "../../static/js/measure/words.js";
import { equal, test } from "./harness.js";

const plain = (text) => text.replaceAll("\u202f", " ");

test("a figure has three digits and its unit", () => {
    equal(plain(figure(1.9012, "M/s")), "1.90 M/s");
    equal(plain(figure(0.0432, "M/s")), "0.0432 M/s");
    equal(plain(figure(12345, "M/s")), "12 345 M/s");
    equal(plain(figure(3, "lost")), "3 lost");
    equal(figure(null, "M/s"), "–");
});

test("figures as they are kept are written as they are read", () => {
    equal(plain(figure(2_500_000, "operations/s")), "2.50 M/s");
    equal(plain(figure(205_000, "ns")), "205 µs");
    equal(plain(figure(12, "items")), "12 lost");
});

test("an interval's half width", () => {
    equal(plain(plusMinus(0.0213)), "± 2.1 %");
    equal(plain(plusMinus(0.5)), "± 50 %");
    equal(plusMinus(null), "");
});

test("times", () => {
    equal(
        ["0", "59.6", "60", "200", "7300"].map((seconds) => plain(span(Number(seconds)))),
        ["0 s", "1 min", "1 min", "3 min 20 s", "2 h 1 min"],
    );
    equal(moment("no date"), "no date");
    equal(/^2026-01-0[123] \d\d:04$/.test(moment("2026-01-02T03:04:05Z")), true);
});

test("a table as spreadsheets read it", () => {
    const table = {
        columns: ["a", 'b "c"'],
        rows: [
            ["1,5", null],
            ["x\ny", 2],
        ],
    };
    equal(csvOf(table), 'a,"b ""c"""\r\n"1,5",\r\n"x\ny",2\r\n');
});
