// A WebSocket that comes back by itself: at once where the server said that it goes away (1001), else a little later.
(function () {
  "use strict";
  const state = document.getElementById("state");
  const node = document.getElementById("node");
  const beats = document.getElementById("beats");
  let count = 0;

  function connect() {
    const socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/live/socket");
    let timer;
    socket.onopen = function () {
      timer = setInterval(function () { socket.send("beat"); }, 250);
    };
    socket.onmessage = function (event) {
      if (event.data === "beat") {
        beats.textContent = String(++count);
      } else {
        state.textContent = "connected";
        node.textContent = "to " + event.data;
      }
    };
    socket.onclose = function (event) {
      clearInterval(timer);
      state.textContent = "reconnecting";
      setTimeout(connect, event.code === 1001 ? 0 : 500);
    };
  }

  connect();
})();
