"use strict";

const $ = id => document.getElementById(id);
const show = text => { $("state").textContent = text; };

// A failover is over within seconds, so the first attempts come at once and the later ones never stop.
const delays = [0, 200, 500, 1000, 1000];
const connection = new signalR.HubConnectionBuilder()
  .withUrl("chat")
  .withAutomaticReconnect({ nextRetryDelayInMilliseconds: retry => delays[retry.previousRetryCount] ?? 2000 })
  .build();

// Messages the server has not confirmed, by id: sent again after a reconnect. The id keeps them from being said twice.
const unsent = new Map();
let wasConnected = false;

connection.on("Welcome", (name, node, history) => {
  $("name").textContent = name;
  $("node").textContent = node;
  show(wasConnected ? "reconnected" : "connected");
  wasConnected = true;
  history.forEach(said);
  for (const [id, text] of unsent) { send(id, text); }
});
connection.on("Said", said);
connection.on("Stranger", () => { askName(); return connection.stop(); });
connection.onreconnecting(() => show("reconnecting..."));
connection.onclose(() => show("not connected"));

function said(message) {
  const line = lineOf(message.id);
  line.className = "";
  line.replaceChildren(bold(message.name), ` ${message.text} `, small(message.node));
}

function lineOf(id) {
  let line = document.querySelector(`li[data-id="${CSS.escape(id)}"]`);
  if (!line) {
    line = document.createElement("li");
    line.dataset.id = id;
    $("messages").append(line);
  }
  return line;
}

function send(id, text) {
  connection.invoke("Send", id, text).then(() => unsent.delete(id), error => console.warn("Not sent yet:", error.message));
}

$("say").addEventListener("submit", event => {
  event.preventDefault();
  const input = event.target.elements.text;
  const id = crypto.getRandomValues(new Uint32Array(4)).join("-").slice(0, 40);
  unsent.set(id, input.value);
  const line = lineOf(id);
  line.className = "unsent";
  line.replaceChildren(bold($("name").textContent), ` ${input.value}`);
  if (connection.state === signalR.HubConnectionState.Connected) { send(id, input.value); }
  input.value = "";
});

$("sign-in").addEventListener("submit", async event => {
  event.preventDefault();
  const answer = await fetch("me", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: event.target.elements.name.value }),
  });
  if (answer.ok) { await enter(); }
});

function askName() {
  $("sign-in").hidden = false;
  $("room").hidden = $("status").hidden = true;
}

async function enter() {
  $("sign-in").hidden = true;
  $("room").hidden = $("status").hidden = false;
  try {
    await connection.start();
  } catch {
    // Automatic reconnection begins with the first connection only.
    setTimeout(enter, 1000);
  }
}

function bold(text) { const b = document.createElement("b"); b.textContent = text; return b; }
function small(text) { const s = document.createElement("small"); s.textContent = text; return s; }

// A session lives by its requests, and an open connection is none: without this a failover after a long talk would
// ask for the name again.
setInterval(() => fetch("me").catch(() => { }), 5 * 60_000);

fetch("me").then(answer => answer.json()).then(me => me.name ? enter() : askName());
