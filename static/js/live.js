/**
 * How a live view follows the run, in each of the four regimes.
 *
 * `each` shows beat after beat, 200 ms apart, faster where it falls behind, and gives up what it cannot show within
 * about a second. `changes` is at the edge with every frame. `incidents` shows the edge twice a second for a second,
 * then one whole incident in the states in which it happened, record by record, and so on. `flow` shows the edge
 * itself.
 */

import { findIncident } from "./incidents.js";

const BEAT_MS = 200;
const CATCH_UP_MS = 500;
const MOST_BEHIND = 60;
const PRESENT_MS = 500;
const PRESENT_ROUNDS = 2;
const INCIDENT_STEP_MS = 400;
const INCIDENT_END_MS = 800;

export class LiveView {
    /** @param {import("./cursor.js").Cursor} cursor */
    constructor(cursor) {
        this.cursor = cursor;
        this.timeline = cursor.timeline;
        this.begin("each");
    }

    /** Follow in this regime, from the edge on. */
    begin(regime) {
        this.regime = regime;
        this._dueAt = -Infinity;
        this._rounds = 0;
        this._shownIncidents = 0;
        this._incidentsBefore = this.timeline.edge.incidents;
        this._lastIncidentAt = -1;
        /** @type {{records: object[], index: number, number: number, of: number} | null} */
        this.incident = null;
        this.toEdge();
    }

    /** Show the edge now; whatever was being replayed is given up. */
    toEdge() {
        this.incident = null;
        this.cursor.toEdge(this.regime !== "flow");
    }

    /** @param {number} now  milliseconds */
    tick(now) {
        const { cursor, timeline } = this;
        if (this.regime === "incidents") {
            this._tickIncidents(now);
        } else if (this.regime === "flow") {
            cursor.toEdge(false);
        } else if (cursor.accessesBehind > MOST_BEHIND) {
            this.toEdge();
        } else if (this.regime === "each") {
            this._tickEach(now);
        } else {
            while (cursor.position < timeline.last && this._takeBeat());
        }
    }

    _takeBeat() {
        const taken = this.cursor.takeBeat(this.regime);
        if (!taken) {
            this.toEdge();
        }
        return taken;
    }

    _tickEach(now) {
        const { cursor, timeline } = this;
        if (cursor.position >= timeline.last || now < this._dueAt) {
            return;
        }
        const pause = Math.min(BEAT_MS, CATCH_UP_MS / Math.max(1, cursor.accessesBehind));
        this._takeBeat();
        this._dueAt = Math.max(this._dueAt, now - pause) + pause;
    }

    _tickIncidents(now) {
        if (now < this._dueAt) {
            return;
        }
        if (this.incident !== null) {
            this._stepIncident(now);
        } else if (this._rounds < PRESENT_ROUNDS || !this._beginIncident(now)) {
            this._present(now);
        }
    }

    _present(now) {
        this._rounds += 1;
        this._dueAt = now + PRESENT_MS;
        if (this.cursor.position !== this.timeline.last) {
            this.toEdge();
        }
    }

    _beginIncident(now) {
        const { history, edge, first, fold, unbrokenFrom } = this.timeline;
        const end = edge.incidentAt;
        if (edge.incidents === this._incidentsBefore || end < first || end === this._lastIncidentAt) {
            return false;
        }
        const positions = findIncident(history, fold.names, end, unbrokenFrom);
        if (positions.length === 0) {
            return false;
        }
        this._lastIncidentAt = end;
        this._shownIncidents += 1;
        this.incident = {
            records: positions.map((position) => history.read(position)),
            index: -1,
            number: this._shownIncidents,
            of: edge.incidents - this._incidentsBefore,
        };
        this._stepIncident(now);
        return true;
    }

    /** Show the next record of the incident. */
    _stepIncident(now) {
        const { incident, cursor } = this;
        incident.index += 1;
        const record = incident.records[incident.index];
        if (record === undefined || record.position < this.timeline.first) {
            this._rounds = 0;
            this.toEdge();
            this._present(now);
            return;
        }
        if (incident.index === 0) {
            cursor.seekAndTake(record.position);
        } else {
            cursor.skipTo(record.position - 1);
            cursor.take(record.position);
        }
        const isLast = incident.index === incident.records.length - 1;
        this._dueAt = now + (isLast ? INCIDENT_END_MS : INCIDENT_STEP_MS);
    }
}
