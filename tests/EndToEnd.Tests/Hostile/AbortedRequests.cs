using System.Text;

namespace Pomegranate.EndToEnd.Tests.Hostile;

/// <summary>Every way to leave in the middle of a request that comes to mind, each with the count of requests it begins.</summary>
internal static class AbortedRequests
{
    private const int StreamsAtOnce = 10;

    private const string Upgrade =
        "GET /live/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private static readonly byte[] Piece = new byte[100_000];

    /// <summary>One of each kind; over HTTP/1.1.</summary>
    private static readonly Func<RawConnection, Task>[] Kinds =
    [
        // In the headers.
        async c => await c.SendAsync("GET /plain HTTP/1.1\r\nHost: a\r\nX-Half"),

        // In a body that fits a message, and in one that does not.
        async c => await c.SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf"),
        async c => await c.SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"),
        async c =>
        {
            await c.SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
            await c.SendAsync(Piece);
        },
        async c =>
        {
            await c.SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
            await c.ReceiveAsync();
            await c.SendAsync(Piece);
        },

        // While the app runs, with and without a body, with more behind it.
        async c => await c.SendAsync("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"),
        async c => await c.SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"),
        async c => await c.SendAsync("GET /plain HTTP/1.1\r\nHost: a\r\n\r\nGET /plain HTTP/1.1\r\nHost: a\r\n\r\nGET /download?size=1000000 HTTP/1.1\r\nHost: a\r\n\r\n"),

        // In the response: at once, after its beginning, with a polite end of the client's own side.
        async c => await c.SendAsync("GET /download?size=100000000 HTTP/1.1\r\nHost: a\r\n\r\n"),
        async c =>
        {
            await c.SendAsync("GET /download?size=100000000 HTTP/1.1\r\nHost: a\r\n\r\n");
            await c.ReceiveAsync();
        },
        async c =>
        {
            await c.SendAsync("GET /download?size=1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
            c.ShutdownSend();
            await c.ReceiveAsync();
        },

        // A live feed, before and after its first event.
        async c => await c.SendAsync("GET /live/events HTTP/1.1\r\nHost: a\r\n\r\n"),
        async c =>
        {
            await c.SendAsync("GET /live/events HTTP/1.1\r\nHost: a\r\n\r\n");
            await c.ReceiveAsync();
        },

        // A WebSocket: before it is one, open, in a frame.
        async c => await c.SendAsync(Upgrade),
        async c =>
        {
            await c.SendAsync(Upgrade);
            await c.ReceiveAsync();
        },
        async c =>
        {
            await c.SendAsync(Upgrade);
            await c.ReceiveAsync();
            await c.SendAsync((byte[])[0x82, 0xFE, 0x10, 0x00, 1, 2, 3, 4, 5]);
        },
    ];

    /// <summary>Begins so many requests and leaves each before its end; sixteen kinds over HTTP/1.1 and three over HTTP/2, in turn.</summary>
    /// <param name="atOnce">Clients at a time.</param>
    public static async Task RunAsync(int count, int http1, int http2, int atOnce)
    {
        var left = count;
        var turn = -1;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            while (Volatile.Read(ref left) > 0)
            {
                var kind = Interlocked.Increment(ref turn) % (Kinds.Length + 1);
                var begun = kind < Kinds.Length ? 1 : StreamsAtOnce;
                if (Interlocked.Add(ref left, -begun) + begun <= 0)
                {
                    return;
                }

                using var connection = await RawConnection.OpenAsync(kind < Kinds.Length ? http1 : http2);
                try
                {
                    await (kind < Kinds.Length ? Kinds[kind](connection) : ResetStreamsAsync(connection));
                }
                catch (System.Net.Sockets.SocketException)
                {
                    // The server was first.
                }

                connection.Reset();
            }
        }));
    }

    /// <summary>
    /// HTTP/2's rapid reset (CVE-2023-44487): requests and their RST_STREAM one behind the other, without waiting for
    /// anything. First all on one connection, which the server may end, then as many over several that it bears.
    /// </summary>
    public static async Task ResetRapidlyAsync(int count, int http2)
    {
        const int Borne = 100;
        await ResetOnOneAsync(count, http2);
        for (var begun = 0; begun < count; begun += Borne)
        {
            await ResetOnOneAsync(Borne, http2);
        }
    }

    private static async Task ResetOnOneAsync(int count, int http2)
    {
        using var connection = await RawConnection.OpenAsync(http2);
        try
        {
            await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            await connection.SendAsync(Frame(type: 4, flags: 0, stream: 0, []));
            for (var i = 0; i < count; i++)
            {
                var stream = (2 * i) + 1;
                await connection.SendAsync((byte[])
                [
                    .. Frame(type: 1, flags: 5, stream, Get(["/live/events", "/download?size=100000000", "/plain"], i)),
                    .. Frame(type: 3, flags: 0, stream, [0, 0, 0, 8]),
                ]);
            }

            // The server is to read all of it: a reset of the connection would take back what it has not read yet.
            connection.ShutdownSend();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It has had enough.
        }

        while (await connection.ReceiveAsync() is not "")
        {
        }
    }

    /// <summary>HTTP/1.1: whole requests, each followed at once by the reset of its connection.</summary>
    public static Task CutRapidlyAsync(int count, int http1) => Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 100 }, async (i, _) =>
    {
        using var connection = await RawConnection.OpenAsync(http1);
        await connection.SendAsync(
            (i % 3) switch
            {
                0 => "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n",
                1 => "GET /download?size=100000000 HTTP/1.1\r\nHost: a\r\n\r\n",
                _ => "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
            });
        connection.Reset();
    });

    /// <summary>HTTP/2: several requests on one connection, each ended with RST_STREAM, most before their answer.</summary>
    private static async Task ResetStreamsAsync(RawConnection connection)
    {
        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await connection.SendAsync(Frame(type: 4, flags: 0, stream: 0, []));
        for (var i = 0; i < StreamsAtOnce; i++)
        {
            var stream = (2 * i) + 1;
            await connection.SendAsync(Frame(type: 1, flags: 5, stream, Get((string[])["/live/events", "/download?size=100000000", "/plain"], i)));
            if (i % 2 == 0)
            {
                await connection.ReceiveAsync();
            }

            await connection.SendAsync(Frame(type: 3, flags: 0, stream, [0, 0, 0, 8]));
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, (byte)(stream >> 8), (byte)stream, .. payload];

    /// <summary>A GET's header block (RFC 7541): method and scheme by their index, path and authority as literals.</summary>
    private static byte[] Get(string[] paths, int turn)
    {
        var path = Encoding.ASCII.GetBytes(paths[turn % paths.Length]);
        return [0x82, 0x86, 0x04, (byte)path.Length, .. path, 0x01, 1, (byte)'a'];
    }
}
