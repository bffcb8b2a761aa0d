using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Pomegranate.Fuzz.Cases;

namespace Pomegranate.Fuzz.Http;

/// <summary>
/// Raw bytes to a node's HTTP port, a connection each: good requests made bad. After each the node must have answered or
/// closed within its deadline, and every thousand it must answer a good request.
/// </summary>
internal sealed class HttpAttack(Uri node, ulong seed)
{
    /// <summary>A request that has no end is waited for by the server: the client closes its side, and then it must end.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    /// <summary>An incomplete request is not answered; a good one on a busy machine takes some milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private const int CheckEvery = 1000, Parallel = 64;

    private readonly IReadOnlyList<byte[]> _seeds = Seeds(node.Authority);
    private long _answered;

    public async Task RunAsync(long cases, CancellationToken cancellation)
    {
        await CheckAsync();
        var began = Stopwatch.GetTimestamp();
        for (var from = 0L; from < cases; from += CheckEvery)
        {
            await System.Threading.Tasks.Parallel.ForAsync(
                from, Math.Min(cases, from + CheckEvery), new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation },
                async (number, _) => await RunCaseAsync(number));
            await CheckAsync();
        }

        Console.WriteLine($"{node}: {cases:N0} cases, seed {seed}, {cases / Stopwatch.GetElapsedTime(began).TotalSeconds:N0}/s, {_answered:N0} answered, the others closed: no fault.");
    }

    private async Task RunCaseAsync(long number)
    {
        var dice = new Dice();
        dice.Throw(seed, (ulong)number);
        var bytes = new Mutator(dice).Make(_seeds).ToArray();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            var answer = await SendAsync(bytes, deadline.Token);
            if (answer.Length > 0)
            {
                Interlocked.Increment(ref _answered);
                if (!answer.StartsWith("HTTP/1.", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal))
                {
                    throw new FuzzException($"Case {number} of seed {seed}, bytes {Convert.ToHexString(bytes)}, is answered: {answer[..Math.Min(200, answer.Length)]}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new FuzzException($"Case {number} of seed {seed}, bytes {Convert.ToHexString(bytes)}: no end within {Deadline.TotalSeconds} s.");
        }
    }

    private async Task CheckAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var answer = await SendAsync(Encoding.ASCII.GetBytes($"GET /alive HTTP/1.1\r\nHost: {node.Authority}\r\nConnection: close\r\n\r\n"), deadline.Token);
        if (!answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
        {
            throw new FuzzException($"{node} does not answer a good request any more: '{answer}'.");
        }
    }

    private async Task<string> SendAsync(byte[] bytes, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(node.Host, node.Port, cancellation);
        var answer = new StringBuilder();
        try
        {
            await socket.SendAsync(bytes, cancellation);

            // Kestrel aborts what runs when the client closes its side: not before there is an answer, or plainly none.
            using var noAnswer = new Timer(_ => CloseOurSide(socket), null, Patience, Timeout.InfiniteTimeSpan);
            var buffer = new byte[4096];
            for (int read; (read = await socket.ReceiveAsync(buffer, cancellation)) > 0;)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
                CloseOurSide(socket);
            }
        }
        catch (SocketException reset) when (reset.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
        {
            // A way to close.
        }

        return answer.ToString();
    }

    private static void CloseOurSide(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The server was faster.
        }
    }

    private static byte[][] Seeds(string host) =>
    [
        .. new[]
        {
            $"GET /counter HTTP/1.1\r\nHost: {host}\r\nCookie: .Pomegranate.Session=AAAAAAAAAAEAAAAAAAAAAg\r\n\r\n",
            $"POST /blob?size=10 HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nIdempotency-Key: k1\r\n\r\nhello",
            $"POST /blob?size=10 HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
            $"GET /plain HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            $"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n",
            $"GET http://{host}/plain?q=%41 HTTP/1.1\r\nHost: {host}\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nExpect: 100-continue\r\n\r\n",
            $"GET /cluster/members HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\r\n",
            $"GET /cluster/sessions/AAAAAAAAAAEAAAAAAAAAAg HTTP/1.1\r\nHost: {host}\r\n\r\n",
            $"GET /cluster/shards/session HTTP/1.1\r\nHost: {host}\r\n\r\n",
            $"PUT /cluster/members/akka.tcp:%2F%2Fpomegranate@10.0.0.1:1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: 13\r\n\r\noperation=xyz",
            $"GET /metrics HTTP/1.0\r\n\r\n",
        }.Select(Encoding.ASCII.GetBytes),
    ];
}
