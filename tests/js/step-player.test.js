/** The playback that counts steps, over an execution with steps of several records and of none. */

import { Model } from "../../static/js/model.js";
import { createLayout } from "../../static/js/layout.js";
import { StepPlayback } from "../../static/js/step/player.js";
import { Execution } from "../../static/js/step/execution.js";
import { equal, layoutDescription, ok, test } from "./harness.js";
import { answer } from "./step-answer.js";

const layout = createLayout(layoutDescription());

/** A model with the execution loaded, and a clock that is moved by hand. */
function player() {
    const clock = { now: 0 };
    const model = new Model(layout, {
        Player: StepPlayback,
        clock: () => clock.now,
        requestFrame: () => 1,
        cancelFrame() {},
    });
    const execution = new Execution(answer(layout));
    model.load(execution.recording());
    model.playback.setSteps(execution.ends);
    const frames = [];
    model.playback.listen((frame) => frames.push(frame));
    const tick = (ms = 0) => {
        clock.now += ms;
        model.playback.tick(clock.now);
        return frames.at(-1);
    };
    return { model, playback: model.playback, execution, tick, frames };
}

test("it opens before the first step", () => {
    const { tick, playback } = player();
    const frame = tick();
    equal([frame.step, frame.steps, frame.position, frame.time], [0, 4, -1, 0]);
    equal(frame.current.narration.text, "Nothing has moved yet. Choose which thread takes the first step.");
    equal(playback.mode, "held");
});

test("all records of a step pass together, and one is told of", () => {
    const { tick, playback } = player();
    tick();
    playback.stepForward();
    const frame = tick();
    equal([frame.step, frame.position, frame.jumped], [1, 1, false]);
    equal(
        frame.shown.map(({ record, narration }) => [layout.kindName(record.kind), narration !== null]),
        [
            ["BEGIN", false],
            ["LOAD", true],
        ],
    );
});

test("of several steps in one frame the last one is told of", () => {
    const { tick, playback } = player();
    tick();
    playback.stepForward();
    playback.stepForward();
    const frame = tick();
    equal(frame.step, 2);
    equal(
        frame.shown.map(({ record, narration }) => [layout.kindName(record.kind), narration !== null]),
        [
            ["BEGIN", false],
            ["LOAD", false],
            ["CAS_WON", true],
        ],
    );
});

test("a step without records is a step", () => {
    const { tick, playback } = player();
    playback.seekStep(2);
    playback.stepForward();
    const frame = tick();
    equal([frame.step, frame.position, frame.time], [3, 2, 3e9]);
});

test("back and forward give the same state", () => {
    const { tick, playback } = player();
    playback.seekStep(4);
    equal(tick().state.cells.get(1).value, 0x80000002);
    playback.stepBack();
    playback.stepBack();
    equal(tick().state.cells.get(1).value, 0x80000001);
    playback.stepForward();
    playback.stepForward();
    equal(tick().state.cells.get(1).value, 0x80000002);
});

test("a position belongs to the step at whose end it has happened", () => {
    const { playback } = player();
    equal(
        [-1, 0, 1, 2, 3, 4].map((position) => playback.stepAt(position)),
        [0, 1, 1, 2, 4, 4],
    );
    playback.seek(0);
    equal(playback.step, 1);
    playback.seekTime(2e9);
    equal(playback.step, 2);
    playback.seekStep(99);
    equal(playback.step, 4);
});

test("playing takes a step in its time, and holds at the last", () => {
    const { tick, playback } = player();
    playback.setSpeed(1);
    tick();
    playback.play();
    equal(tick().step, 1);
    equal(tick(400).step, 1);
    equal(tick(400).step, 2);
    tick(800);
    tick(800);
    equal([playback.step, playback.mode], [4, "held"]);
    playback.play();
    equal(playback.step, 0, "from the end it begins again");
});

test("playing on to a step holds there", () => {
    const { tick, playback } = player();
    playback.playOn(2);
    tick();
    tick(800);
    equal([playback.step, playback.mode], [2, "held"]);
    playback.playOn(2);
    equal(playback.mode, "held", "it is there already");
});

test("a step that may not be shown yet holds playing, stepping and seeking, but no jump", () => {
    const { tick, playback } = player();
    playback.mayShow = (step) => step < 3;
    playback.seekStep(4);
    equal(playback.step, 2);
    playback.stepForward();
    equal(playback.step, 2);
    playback.play();
    tick();
    equal([playback.step, playback.mode], [2, "held"]);
    playback.jump(4);
    equal(playback.step, 4);
});

test("steps that are added can be seen happening", () => {
    const { model, tick, playback, execution } = player();
    playback.seekStep(4);
    tick();
    const more = answer(layout, true);
    model.timeline.append(
        new Execution(more).bytes().subarray(execution.answer.count * layout.bytes),
        execution.answer.count,
    );
    playback.setSteps(new Execution(more).ends);
    playback.stepForward();
    const frame = tick();
    equal([frame.step, frame.steps, frame.jumped, frame.shown.length], [5, 5, false, 1]);
});

test("an execution says what each thread does next, after any step", () => {
    const { execution } = player();
    equal(
        [0, 1, 2, 4].map((step) => execution.next(0, step)?.text ?? null),
        ["load value", "CAS value: 0 → 1", "load value", null],
    );
    equal(execution.next(1, 0).text, "work");
    equal(execution.calls(0, 1)[0], { text: "increment()", state: "running", result: null });
    equal(execution.calls(0, 4)[0].state, "done");
    equal(execution.schedule(), "1121");
    equal(execution.schedule(2), "11");
    ok(execution.isCas(2) && !execution.isCas(1) && !execution.isCas(0));
});

test("why a thread is stuck is known at every step", () => {
    const { execution, model } = player();
    const { state } = model.playback;
    const why = (thread, step) => execution.stuck(thread, step, state, () => "value");
    equal(why(0, 0), null);
    equal(why(0, 4), "has ended");
    equal(why(1, 3), null);
});
