using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>Several requests of one session at once: nobody waits for a reader, and no update is lost where Kestrel loses none.</summary>
internal static class SessionTurnCases
{
    public static AppCase[] All =>
    [
        Beside("a GET that reads waits for no GET that has read and goes on",
            async (c, gate) =>
            {
                c.Session.GetString("a");
                await gate.PassAsync(c.RequestAborted);
            },
            beside => beside.FetchAsync("/get?key=a")),
        Beside("a GET that reads waits for no GET that has committed and goes on",
            async (c, gate) =>
            {
                c.Session.SetString("b", "1");
                await c.Session.CommitAsync();
                await gate.PassAsync(c.RequestAborted);
            },
            beside => beside.FetchAsync("/get?key=a")),
        Beside("a GET that reads waits for no POST that has written and goes on",
            async (c, gate) =>
            {
                c.Session.SetString("b", "1");
                await gate.PassAsync(c.RequestAborted);
            },
            beside => beside.FetchAsync("/get?key=a"), HttpMethod.Post),
        Beside("a GET that writes waits for no GET that has read and goes on",
            async (c, gate) =>
            {
                c.Session.GetString("a");
                await gate.PassAsync(c.RequestAborted);
            },
            beside => beside.FetchAsync("/set?key=c&value=1")),
        Beside("nobody waits for an upload that has read the session",
            async (c, gate) =>
            {
                c.Session.GetString("a");
                gate.Reach();
                await c.Request.Body.CopyToAsync(Stream.Null, c.RequestAborted);
                await gate.PassAsync(c.RequestAborted);
            },
            beside => beside.FetchAsync("/get?key=a"), HttpMethod.Post),
        new("a request may call its own site with the caller's cookie",
            map =>
            {
                map.MapGet("outer", async (HttpContext c) =>
                {
                    var before = c.Session.GetString("a");
                    using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
                    var inner = new HttpRequestMessage(HttpMethod.Get, $"{c.Request.Scheme}://{c.Request.Headers.Host}/get?key=a");
                    inner.Headers.Add("Cookie", c.Request.Headers.Cookie.ToString());
                    var answer = await http.SendAsync(inner);
                    return $"{before} {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
                });
            },
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                var outer = walk.Client.FetchAsync("outer");
                await walk.NoteWhetherAtOnceAsync("the outer request", outer);
                walk.Note((await outer).Body);
            }),
        new("twenty long polls that never touch the session hold up nobody",
            map => map.MapGet("poll", async (HttpContext c, Gates gates) => await gates["poll"].PassAsync(c.RequestAborted)),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                var polls = Enumerable.Range(0, 20).Select(_ => walk.Client.FetchAsync("poll")).ToList();
                await walk.Gate("poll").ReachedAsync(16);
                var read = walk.Client.FetchAsync("/get?key=a");
                await walk.NoteWhetherAtOnceAsync("beside them", read);
                walk.Gate("poll").Open();
                await Task.WhenAll(polls);
                walk.Note((await read).Body);
            }),
        new("twenty long polls that have read the session hold up nobody",
            map => map.MapGet("poll", async (HttpContext c, Gates gates) =>
            {
                c.Session.GetString("a");
                await gates["reading poll"].PassAsync(c.RequestAborted);
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                var polls = Enumerable.Range(0, 20).Select(_ => walk.Client.FetchAsync("poll")).ToList();
                await walk.NoteWhetherAtOnceAsync("all of them beside each other", walk.Gate("reading poll").ReachedAsync(20));
                var read = walk.Client.FetchAsync("/get?key=a");
                var write = walk.Client.FetchAsync("/set?key=b&value=1");
                await walk.NoteWhetherAtOnceAsync("a GET that reads", read);
                await walk.NoteWhetherAtOnceAsync("a GET that writes", write);
                walk.Gate("reading poll").Open();
                await Task.WhenAll(polls);
                walk.Note((await read).Body);
                await write;
            }),
        Beside("a POST that writes waits for no GET that has read and goes on",
            async (c, gate) =>
            {
                c.Session.GetString("a");
                await gate.PassAsync(c.RequestAborted);
            },
            beside => beside.FetchAsync(new HttpRequestMessage(HttpMethod.Post, "/set?key=c&value=1"))),
        Beside("a GET that reads waits for no POST that has committed and goes on",
            async (c, gate) =>
            {
                c.Session.SetString("b", "1");
                await c.Session.CommitAsync();
                await gate.PassAsync(c.RequestAborted);
            },
            beside => beside.FetchAsync("/get?key=b"), HttpMethod.Post),
        new("increments one after another are all kept", async walk =>
        {
            for (var i = 0; i < 10; i++)
            {
                await walk.GetAsync("/count");
            }
        }),
        new("requests of two sessions do not wait for each other",
            map => map.MapGet("held", async (HttpContext c, Gates gates) =>
            {
                c.Session.SetString("b", "1");
                await gates["two-sessions"].PassAsync(c.RequestAborted);
            }),
            async walk =>
            {
                var held = walk.Client.FetchAsync("held");
                await walk.Gate("two-sessions").Reached.For("the held request at its gate");
                await walk.NoteWhetherAtOnceAsync("another session", walk.NewClient().GetAsync("/count"));
                walk.Gate("two-sessions").Open();
                await held;
            }),
    ];

    /// <summary>One request holds at a gate; another of the same session beside it must be answered at once.</summary>
    private static AppCase Beside(string name, Func<HttpContext, Gate, Task> holder, Func<Client, Task<Reply>> beside, HttpMethod? method = null) => new(
        name,
        map => map.MapMethods("held", [(method ?? HttpMethod.Get).Method], (HttpContext c, Gates gates) => holder(c, gates[name])),
        async walk =>
        {
            await walk.GetAsync("/set?key=a&value=1");
            var held = walk.Client.FetchAsync(new HttpRequestMessage(method ?? HttpMethod.Get, "held"));
            await walk.Gate(name).Reached.For("the holder at its gate");
            var other = beside(walk.Client);
            await walk.NoteWhetherAtOnceAsync("beside the holder", other);
            walk.Gate(name).Open();
            walk.Note($"held: {(int)(await held).Status}, beside it: {(int)(await other).Status} {(await other).Body}");
            await walk.GetAsync("/get?key=a");
        });
}
