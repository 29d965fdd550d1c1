/*
 * A classic script at the end of a report. The chart library and the program lie in the file compressed; this unpacks
 * them and lets them run. The file's content security policy knows their hashes, and nothing else runs. Where they
 * cannot be unpacked the words and tables of the file still stand.
 */
(function () {
    "use strict";
    var note = document.getElementById("report-note");
    function refuse(reason) {
        note.textContent = "The charts cannot be drawn here: " + reason + " Their figures stand in the tables.";
        note.hidden = false;
    }
    function unpack(id) {
        var packed = atob(document.getElementById(id).textContent.trim());
        var bytes = Uint8Array.from(packed, function (character) {
            return character.charCodeAt(0);
        });
        return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    }
    function run(text, type) {
        var script = document.createElement("script");
        if (type) {
            script.type = type;
        }
        script.textContent = text;
        document.head.append(script);
    }
    if (typeof DecompressionStream === "undefined") {
        refuse("this browser cannot unpack compressed data.");
        return;
    }
    Promise.all([unpack("plotly"), unpack("program")]).then(
        function (texts) {
            run(texts[0], "");
            run(texts[1], "module");
        },
        function (error) {
            refuse(error.message + ".");
        },
    );
})();
