/*
 * A classic script at the end of an exported file. The program lies in the file compressed; this unpacks it and lets it
 * run. The file's content security policy knows its hash, and nothing else runs.
 */
(function () {
    "use strict";
    function refuse(reason) {
        var place = document.getElementById("player");
        place.textContent = "This file cannot be played here: " + reason + " Any browser since 2023 can play it.";
        place.className = "player-broken";
    }
    if (typeof DecompressionStream === "undefined") {
        refuse("this browser cannot unpack compressed data.");
        return;
    }
    var packed = atob(document.getElementById("program").textContent.trim());
    var bytes = Uint8Array.from(packed, function (character) {
        return character.charCodeAt(0);
    });
    new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text().then(function (text) {
        var script = document.createElement("script");
        script.type = "module";
        script.textContent = text;
        document.head.append(script);
    }, function (error) {
        refuse(error.message + ".");
    });
})();
